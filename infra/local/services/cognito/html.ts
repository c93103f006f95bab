const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in HTML, also in an attribute between double quotes. */
export const escaped = (text: string) => text.replaceAll(/[&<>"]/g, character => ENTITIES[character] ?? '');
