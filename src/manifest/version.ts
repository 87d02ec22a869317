// Version schemes and their orders.

export type VersionScheme = 'deb' | 'rpm' | 'moss'
