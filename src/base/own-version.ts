/** Of this program: what package.json says. */
export const OWN_VERSION = '0.1.0'
