// In which form a file of a delta is compared with its base: as it is; with the references of an ELF file for x86-64
// risen as far as what they point at has moved; or with the packed members of both unpacked, or as their tokens.

export const form = { plain: 0, references: 1, members: 2, tokens: 3 } as const

/** Of a file and of a base, in a list in stream `forms`. */
export const mostMembers = 65_536
