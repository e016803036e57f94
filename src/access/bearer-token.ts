/**
 * A token in a file of its own, for programs that cannot sign requests. The token allows one thing
 * only. The file is read again after each change, so the token can change without a restart.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { RereadFile } from '../ground/reread-file.ts'
import { OwnFileProblem, textOfOwnFile } from './own-file.ts'

/** The form of RFC 6750 §2.1, and long enough that it cannot be guessed. */
const wellFormed = /^[A-Za-z0-9\-._~+/]{16,512}=*$/

export class BearerToken {
  readonly #digest: RereadFile<Buffer>

  /** Throws an `OwnFileProblem` for a file that cannot be used. */
  constructor(path: string) {
    this.#digest = new RereadFile(path, (file) => digestOf(readToken(file)))
    this.#digest.content()
  }

  /**
   * Whether an `Authorization` header carries the token. Throws an `OwnFileProblem` once the file
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
  const token = textOfOwnFile(path, `run: (umask 077; openssl rand -hex 32 > '${path}')`)
  if (wellFormed.test(token)) return token
  throw new OwnFileProblem(
    `${path} must hold one token of 16 to 512 letters, digits and -._~+/; run: openssl rand -hex 32 > '${path}'`,
  )
}
