/** @file This program's version, for its records and its help; a test holds it to package.json. */

export const version = '0.1.0';
