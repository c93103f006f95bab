/** A time in UTC as ISO 8601 writes it: `2026-11-02T10:00:00.000Z`. Sorts as text. */
export type IsoTime = string;
