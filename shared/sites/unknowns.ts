import { type Behaviour, type Description, showing } from './description.ts';
import type { Told } from './told.ts';

/** Whether a function of the behaviour may send a request to another object. */
export function seesRequests({ functions }: Pick<Behaviour, 'functions'>): boolean {
  return functions.some(({ event }) => event.endsWith('-request'));
}

/**
 * Path patterns of behaviours whose function may show objects at URLs that the owner has not told.
 */
export function untoldIn(
  { urls, spaFallback, extensionless }: Told,
  description: Pick<Description, 'behaviours'>,
): string[] {
  if (urls !== undefined || spaFallback !== undefined || extensionless === true) return [];
  return showing(description)
    .filter(seesRequests)
    .map(({ pathPattern }) => pathPattern);
}

/** Path patterns of behaviours whose objects only holders of signed URLs or cookies get. */
export function signedIn(description: Pick<Description, 'behaviours'>): string[] {
  return showing(description)
    .filter(({ isSigned }) => isSigned)
    .map(({ pathPattern }) => pathPattern);
}

/**
 * What is not known about the URLs at which a distribution shows the bucket: a sentence each, with
 * what to do. Names of options are in backquotes.
 */
export function unknownsIn(told: Told, description: Description): string[] {
  return [
    ...untoldIn(told, description).map(
      pattern =>
        `A function of the behaviour ${pattern} may show objects at other URLs, which are neither purged nor verified. Tell them by \`urls\`. If it changes no URLs, \`urls\` is \`{}\`.`,
    ),
    ...(told.verify && Object.keys(told.verificationHeaders).length === 0
      ? signedIn(description).map(
          pattern =>
            `Viewers of the behaviour ${pattern} need signed URLs or cookies. Its objects are purged, but the edge cannot be asked whether they are fresh. Name a signed cookie in \`verificationHeaders\`, or switch verification off (\`verify: false\`).`,
        )
      : []),
    ...(told.urls === undefined ? derivingIn(description) : []).map(
      ({ pathPattern, origin }) =>
        `The behaviour ${pathPattern} keeps what ${origin} answers. If that is made of the bucket's objects, such as resized images, tell its URLs by \`urls\`. If not, there is nothing to do.`,
    ),
    ...(description.website?.routingRules === undefined
      ? []
      : [
          "The bucket's website has routing rules, and what they redirect is not known. Tell the URLs at which objects are shown because of them by `urls`.",
        ]),
  ];
}

/** Behaviours that cache something else, which may be made of the bucket's objects. */
function derivingIn({ behaviours }: Description): Behaviour[] {
  return behaviours.filter(
    ({ originPaths, caching }) => originPaths.length === 0 && caching.maxTtlSeconds > 0,
  );
}
