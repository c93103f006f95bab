/** The template's parameter for the bucket with its assets. */
export const ASSETS_BUCKET = 'AssetsBucket';
