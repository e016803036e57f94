/** Finds the certificate of the server, if it has one, and keeps it fresh while the server runs. */
import { mkdirSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { CannotStart } from '../../data-directory/cannot-start.ts'
import { isEverywhere } from '../../ground/http-url.ts'
import type { Services } from '../../ground/services.ts'
import { GivenCertificate } from '../../tls/given-certificate.ts'
import { hasOwnAuthority, OwnAuthority } from '../../tls/own-authority.ts'
import { type CertificateSource, ServingCertificate } from '../../tls/serving-certificate.ts'
import { tlsFiles } from '../../tls/tls-files.ts'
import { writeTrustFile } from '../../tls/trust-file.ts'
import { listenAddress } from '../metrics-settings.ts'
import type { Setting } from './setting.ts'
import { givenFiles, readAuthorities, type TlsSettings } from './tls-settings.ts'

const dayMs = 86_400_000
/** How long before the end of the own authority the log says that clients will need another. */
const warnBeforeMs = 180 * dayMs

/** Undefined: the server speaks plain HTTP. Throws `CannotStart` for a certificate that cannot be used. */
export async function openTls(services: Services, setting: Setting): Promise<ServingCertificate | undefined> {
  const { configuration, dataDir, log, now } = setting
  try {
    const source = sourceOf(configuration.tls, dataDir)
    if (source === undefined) return undefined
    if (source instanceof OwnAuthority) await prepare(source, setting)
    return await services.start('certificate', new ServingCertificate({ source, now, log }))
  } catch (error) {
    const { message } = error as Error
    throw new CannotStart(`The certificate of the server cannot be used: ${message}`)
  }
}

function sourceOf(tls: TlsSettings, dataDir: string): CertificateSource | undefined {
  const files = givenFiles(tls, dataDir)
  if (files === undefined) return hasOwnAuthority(dataDir) ? new OwnAuthority(tlsFiles(dataDir)) : undefined
  if (tls.ca === undefined) return new GivenCertificate(files, undefined)
  const { directory, trust } = tlsFiles(dataDir)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeTrustFile(trust, readAuthorities(tls.ca, dataDir))
  return new GivenCertificate(files, trust)
}

async function prepare(authority: OwnAuthority, { configuration, log, now }: Setting): Promise<void> {
  const { host, metrics } = configuration
  const hosts = [host, ...(metrics.listen === undefined ? [] : [listenAddress(metrics.listen).host])]
  await authority.keepFresh(
    now(),
    hosts.flatMap((it) => (isEverywhere(it) ? ownAddresses() : [it])),
  )
  authority.writeTrust()
  const { endsAtMs } = authority
  if (endsAtMs - now() < warnBeforeMs)
    log.warn(
      { until: new Date(endsAtMs).toISOString() },
      'the own authority of this installation ends: make another with openbatch tls init --new-authority, and give it to all clients',
    )
}

/** The addresses by which other machines reach this one. Those of a link alone are left out. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address)
}
