// In which form a file of a delta is compared with its base: as it is, or with the references of an ELF file for
// x86-64 risen as far as what they point at has moved.

export const form = { plain: 0, references: 1 } as const
