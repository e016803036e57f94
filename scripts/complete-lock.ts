/**
 * Puts into the lock file what npm left out: packages for other platforms that the registry at hand does not have. Without their
 * entries `npm ci` refuses the lock file; with them it passes over those that are not for the machine. To be run after
 * `npm install`: `node scripts/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
export interface Lock {
  packages: Record<string, LockedPackage>
}

export const lockFile = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json')

/** Optional dependencies of locked packages that are not locked themselves: name → entry. */
export function missingEntries({ packages }: Lock): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {}
  for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages))
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (packages[`node_modules/${name}`] ?? packages[`${path}/node_modules/${name}`]) continue
      missing[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev && { dev }), optional: true }
    }
  return missing
}

/** As the name tells it: `…-linux-x64-musl`, `…-win32-arm64-msvc`. Throws for a name that tells no platform. */
function platformOf(name: string): { cpu: string[]; libc?: string[]; os: string[] } {
  const platform =
    /-(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(\w+))?$/
  const [, os, cpu, abi] = platform.exec(name) ?? []
  if (!os || !cpu) throw new Error(`${name} is not in the lock file, and its name tells no platform`)
  const libc = os === 'linux' && abi ? [abi.startsWith('musl') ? 'musl' : 'glibc'] : undefined
  return { cpu: [cpu], ...(libc && { libc }), os: [os] }
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as Lock
  const { '': project, ...installed } = lock.packages
  const all = Object.entries({ ...installed, ...missingEntries(lock) })
  lock.packages = { '': project!, ...Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, 'en'))) }
  writeFileSync(lockFile, `${JSON.stringify(lock, undefined, 2)}\n`)
}
