// The program's version, put in by the build; run from src it says so.
declare const MOSS_VERSION: string | undefined

export const version: string = typeof MOSS_VERSION === 'string' ? MOSS_VERSION : '0.0.0-src'
export const versionText = `moss ${version}`
