/** The identities of a data directory cannot be used; the message says which file and why, for its operator. */
export class IdentitiesFault extends Error {
  override readonly name = 'IdentitiesFault'
}
