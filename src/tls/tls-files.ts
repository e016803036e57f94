/**
 * The files of TLS in a data directory: `tls/`, closed to other accounts. `ca.pem` and `trust.pem`
 * hold no secret, and are given to clients and jobs.
 */
import { join } from 'node:path'

export interface TlsFiles {
  readonly directory: string
  /** The certificate of the installation's own authority, for clients. */
  readonly authority: string
  /** The same certificate, and its key. */
  readonly authorityPair: string
  /** The certificate of the server and its key in one file, so that both change at once. */
  readonly server: string
  /** What clients and jobs trust: the authority, and those that are trusted everywhere. */
  readonly trust: string
  readonly lock: string
}

export function tlsFiles(dataDir: string): TlsFiles {
  const directory = join(dataDir, 'tls')
  const file = (name: string) => join(directory, name)
  return {
    ...{ directory, authority: file('ca.pem'), authorityPair: file('ca-key.pem') },
    ...{ server: file('server.pem'), trust: file('trust.pem'), lock: file('lock.db') },
  }
}
