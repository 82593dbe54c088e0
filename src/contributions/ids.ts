/** @file Names that several areas share. Imports nothing, as all of this folder: the generator reads it without VS Code. */

export const category = 'Adapter Workbench';
/** The container in the activity bar. */
export const containerId = 'adapterWorkbench';
export const configGlob = '**/*.adapter.json';
export const settingsSection = 'adapterWorkbench';

/** When clauses. */
export const trusted = 'isWorkspaceTrusted';
export const onConfigFile = 'resourceFilename =~ /\\.adapter\\.json$/';
/** Rows of a tree whose `contextValue` is one of `kinds` (a regular expression's alternatives). */
export const onRow = (view: string, kinds: string): string => `view == ${view} && viewItem =~ /^(${kinds})$/`;
