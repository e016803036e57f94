/** A small file with a secret, which the operator writes for this server alone. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** The file cannot be used. The message says why, and which command mends it. */
export class OwnFileProblem extends Error {
  override readonly name = 'OwnFileProblem'
}

const fileBytesMax = 1024

/** Returns the first bytes of the file, without white space around them. Throws an `OwnFileProblem`. */
export function textOfOwnFile(path: string, whenAbsent: string): string {
  const file = openUnblocked(path, whenAbsent)
  try {
    const { mode, uid } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new OwnFileProblem(`${path} is not a regular file`)
    const others = mode & 0o077
    if (others !== 0) throw new OwnFileProblem(`others may read or write ${path}; run: chmod 600 '${path}'`)
    const self = process.getuid?.() ?? uid
    if (uid !== self && uid !== 0)
      throw new OwnFileProblem(`${path} belongs to another user; run: chown ${self} '${path}'`)
    const bytes = Buffer.alloc(fileBytesMax)
    return bytes.toString('utf8', 0, readSync(file, bytes)).trim()
  } finally {
    closeSync(file)
  }
}

/** A named pipe in the file's place cannot hold up the server. */
function openUnblocked(path: string, whenAbsent: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new OwnFileProblem(code === 'ENOENT' ? `${path} does not exist; ${whenAbsent}` : message)
  }
}
