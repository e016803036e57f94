/**
 * The files that a program needs besides itself: the loader that its ELF header names, and the
 * shared libraries that this loader finds, as `ldd` does.
 */
import { execFile } from 'node:child_process'
import { access, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { limits } from '../../model/limits.ts'

const run = promisify(execFile)

export interface ProgramFiles {
  /** Undefined for a static program, which needs no library either. */
  readonly loader: { readonly path: string; readonly options: readonly string[] } | undefined
  readonly libraries: readonly { readonly name: string; readonly path: string }[]
}

/** Rejects with the system's error for a file that cannot be read, or that the loader refuses. */
export async function filesOfProgram(program: string): Promise<ProgramFiles> {
  const loader = await interpreterOf(program)
  if (loader === undefined) return { loader, libraries: [] }
  // Without the server's own LD_ variables.
  const { stdout } = await run(loader, ['--list', program], { env: {}, timeout: limits.suppliedAwsListMs })
  const libraries = listedLibraries(stdout).filter(({ name }) => name !== basename(loader))
  const musl = basename(loader).startsWith('ld-musl')
  return {
    loader: { path: loader, options: musl ? [] : ['--inhibit-cache'] },
    libraries: musl ? libraries : [...libraries, ...(await nameServiceLibraries(libraries))],
  }
}

/** The lines `NAME => /path (0x…)`. */
export function listedLibraries(listing: string): { name: string; path: string }[] {
  return [...listing.matchAll(/^\s*(\S+) => (\/\S.*) \(0x[0-9a-f]+\)$/gm)].map((match) => ({
    name: basename(match[1]!),
    path: match[2]!,
  }))
}

/** glibc before 2.34 loads these when a name is looked up, and names them nowhere in its header. */
async function nameServiceLibraries(libraries: readonly { name: string; path: string }[]) {
  const libc = libraries.find(({ name }) => name.startsWith('libc.so'))
  if (libc === undefined) return []
  const listed = new Set(libraries.map(({ name }) => name))
  const found: { name: string; path: string }[] = []
  for (const name of ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']) {
    const path = join(dirname(libc.path), name)
    if (!listed.has(name) && (await exists(path))) found.push({ name, path })
  }
  return found
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

const programHeader = { interpreter: 3, bytes: 56 }

/** Reads `PT_INTERP` of a 64-bit little-endian ELF file. */
export async function interpreterOf(program: string): Promise<string | undefined> {
  const file = await open(program)
  try {
    const { buffer } = await file.read(Buffer.alloc(limits.elfHeaderBytes), 0, limits.elfHeaderBytes, 0)
    if (buffer.readUInt32BE(0) !== 0x7f454c46 || buffer[4] !== 2 || buffer[5] !== 1)
      throw new Error(`${program} is not a 64-bit little-endian ELF file`)
    const headersAt = Number(buffer.readBigUInt64LE(32))
    const count = buffer.readUInt16LE(56)
    for (let at = headersAt; at < headersAt + count * programHeader.bytes; at += programHeader.bytes) {
      if (at + programHeader.bytes > buffer.length) break
      if (buffer.readUInt32LE(at) !== programHeader.interpreter) continue
      const size = Math.min(Number(buffer.readBigUInt64LE(at + 32)), limits.elfHeaderBytes)
      const name = Buffer.alloc(size)
      await file.read(name, 0, size, Number(buffer.readBigUInt64LE(at + 8)))
      return name.toString('utf8').replace(/\0.*$/s, '')
    }
    return undefined
  } finally {
    await file.close()
  }
}
