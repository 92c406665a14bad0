/** How a client reaches a cluster: PEM texts of the authority, and of a certificate and its key. */
export interface Access {
  readonly url: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
}
