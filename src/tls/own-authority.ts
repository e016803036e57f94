/**
 * The installation's own authority, and the certificate of the server that it signs and renews. The
 * certificate itself says which names it is for: those that the operator gave stand before
 * `localhost`, those that the server needs stand behind it.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileMark, openLock, writePrivateFile, writePublicFile } from '../ground/private-file.ts'
import { CertificatePair, type PairText, splitPair } from './certificate-pair.ts'
import type { CertificateSource } from './serving-certificate.ts'
import { type TlsFiles, tlsFiles } from './tls-files.ts'
import { writeTrustFile } from './trust-file.ts'

const dayMs = 86_400_000
const authorityMs = 10 * 365 * dayMs
/** Clients refuse certificates of servers that last much longer. */
const serverMs = 365 * dayMs
/** Clocks of clients may be behind. */
const earlierMs = 3_600_000
const lockWaitMs = 5000

/** Every server has these names. The first marks the end of those that the operator gave. */
const always = ['localhost', '127.0.0.1', '::1']

export function hasOwnAuthority(dataDir: string): boolean {
  return existsSync(tlsFiles(dataDir).server)
}

export interface InitOptions {
  readonly dataDir: string
  /** DNS names and IP addresses by which clients reach the server. Absent: those of before. */
  readonly names?: readonly string[]
  readonly now: number
  /** Makes another authority, although there is one. */
  readonly anew?: boolean
}

/** Makes an authority if there is none, and a certificate with these names. */
export async function initAuthority({ dataDir, names, now, anew = false }: InitOptions): Promise<OwnAuthority> {
  const files = tlsFiles(dataDir)
  makeDirectory(dataDir, files.directory)
  const authority = new OwnAuthority(files)
  await underLock(files, async () => {
    if (anew || !existsSync(files.authorityPair)) await makeAuthority(files, now)
    const given = names ?? (hasOwnAuthority(dataDir) ? givenNames(authority.read()) : [])
    await authority.issue(given, now)
  })
  return authority
}

export class OwnAuthority implements CertificateSource {
  readonly files: TlsFiles
  readonly trustFile: string
  /** What this server needs in addition to what the certificate was made for. */
  readonly #needed = new Set<string>()

  constructor(files: TlsFiles) {
    this.files = files
    this.trustFile = files.trust
  }

  mark(): string {
    return fileMark(this.files.server)
  }

  /** Throws `PairProblem`, or the system's error. */
  read(): CertificatePair {
    return new CertificatePair(splitPair(readFileSync(this.files.server, 'utf8')))
  }

  /** Makes another certificate if this one does not have these names, or will end soon. */
  async keepFresh(now: number, names: readonly string[] = []): Promise<void> {
    for (const name of names) this.#needed.add(name)
    if (!this.#isDue(this.read(), now)) return
    await underLock(this.files, async () => {
      const pair = this.read()
      // Another process may have made one meanwhile.
      if (!this.#isDue(pair, now)) return
      await this.issue(givenNames(pair), now)
    })
  }

  /** When the authority itself ends: every client must then be given another. */
  get endsAtMs(): number {
    return new X509Certificate(this.#readAuthority().certificate).validToDate.getTime()
  }

  /** Makes the certificate, whatever is there. */
  async issue(given: readonly string[], now: number): Promise<void> {
    const { issueServer } = await import('./issue-certificate.ts')
    const { certificate, key } = this.#readAuthority()
    const own = [...always, ...(/^[A-Za-z0-9.-]+$/.test(hostname()) ? [hostname()] : [])]
    const names = new Set([...given.filter((name) => !always.includes(name)), ...own, ...this.#needed])
    const untilMs = Math.min(now + serverMs, this.endsAtMs)
    const issued = await issueServer(
      [...names],
      { certificate, key: createPrivateKey(key) },
      { fromMs: now - earlierMs, untilMs },
    )
    this.writeTrust()
    writePrivateFile(this.files.server, `${issued.certificate}${issued.key}`)
  }

  /** Writes what others read. The authorities that are trusted everywhere change with the version of Node. */
  writeTrust(): void {
    const { certificate } = this.#readAuthority()
    writePublicFile(this.files.authority, certificate)
    writeTrustFile(this.files.trust, certificate)
  }

  #isDue(pair: CertificatePair, now: number): boolean {
    const { fromMs, untilMs } = pair
    return now > untilMs - (untilMs - fromMs) / 3 || [...this.#needed].some((name) => !pair.covers(name))
  }

  #readAuthority(): PairText {
    return splitPair(readFileSync(this.files.authorityPair, 'utf8'))
  }
}

/** The names that the operator gave. */
function givenNames({ names }: CertificatePair): string[] {
  return names.slice(0, Math.max(0, names.indexOf(always[0]!)))
}

/** The account of the data directory must be able to open what root makes. */
function makeDirectory(dataDir: string, directory: string): void {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 }) === undefined || process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dataDir)
  chownSync(directory, uid, gid)
}

async function makeAuthority(files: TlsFiles, now: number): Promise<void> {
  const { issueAuthority } = await import('./issue-certificate.ts')
  const name = `openbatch on ${hostname()} ${new Date(now).toISOString().slice(0, 10)}`
  const { certificate, key } = await issueAuthority(name, { fromMs: now - earlierMs, untilMs: now + authorityMs })
  writePrivateFile(files.authorityPair, `${certificate}${key}`)
}

async function underLock(files: TlsFiles, work: () => Promise<void>): Promise<void> {
  const lock = openLock(files.lock, lockWaitMs)
  try {
    await work()
  } finally {
    lock.close()
  }
}
