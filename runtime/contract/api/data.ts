/** @file Datasets, as the extension asks its helper process about them. */

// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by its area
export type DataApi = {};
