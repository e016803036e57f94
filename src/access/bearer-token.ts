/**
 * A token in a file of its own, for programs that cannot sign requests. The token allows one thing
 * only. The file is read again after each change, so the token can change without a restart.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { RereadFile } from '../ground/reread-file.ts'

/** The file cannot be used. The message says why, and which command mends it. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError'
}

/** The form of RFC 6750 §2.1, and long enough that it cannot be guessed. */
const wellFormed = /^[A-Za-z0-9\-._~+/]{16,512}=*$/
const fileBytesMax = 1024

export class BearerToken {
  readonly #digest: RereadFile<Buffer>

  /** Throws a `TokenFileError` for a file that cannot be used. */
  constructor(path: string) {
    this.#digest = new RereadFile(path, (file) => digestOf(readToken(file)))
    this.#digest.content()
  }

  /**
   * Whether an `Authorization` header carries the token. Throws a `TokenFileError` once the file
   * can no longer be used.
   */
  accepts(authorization: string | undefined): boolean {
    const digest = this.#digest.content()
    const sent = bearerOf(authorization)
    // Digests have one length, so the comparison reveals nothing about the token's.
    return sent !== undefined && timingSafeEqual(digestOf(sent), digest)
  }
}

/** Returns the token of `Bearer TOKEN`; undefined for a header of another scheme. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

function readToken(path: string): string {
  const file = openToken(path)
  try {
    const { mode, uid } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new TokenFileError(`${path} is not a regular file`)
    const others = mode & 0o077
    if (others !== 0) throw new TokenFileError(`others may read or write ${path}; run: chmod 600 '${path}'`)
    const self = process.getuid?.() ?? uid
    if (uid !== self && uid !== 0)
      throw new TokenFileError(`${path} belongs to another user; run: chown ${self} '${path}'`)
    const bytes = Buffer.alloc(fileBytesMax)
    const token = bytes.toString('utf8', 0, readSync(file, bytes)).trim()
    if (wellFormed.test(token)) return token
    throw new TokenFileError(
      `${path} must hold one token of 16 to 512 letters, digits and -._~+/; run: openssl rand -hex 32 > '${path}'`,
    )
  } finally {
    closeSync(file)
  }
}

/** Opens without blocking, so that a named pipe in the file's place cannot hold up the server. */
function openToken(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new TokenFileError(message)
    throw new TokenFileError(`${path} does not exist; run: (umask 077; openssl rand -hex 32 > '${path}')`)
  }
}
