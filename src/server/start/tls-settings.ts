/** The part of the configuration that says how the server speaks TLS, and where it may do without. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { PairProblem } from '../../tls/certificate-pair.ts'
import { type GivenFiles, readGivenPair } from '../../tls/given-certificate.ts'
import { hasOwnAuthority } from '../../tls/own-authority.ts'
import { isLoopback, listenAddress, type MetricsSettings } from '../metrics-settings.ts'

export const TlsSchema = Type.Object(
  {
    certificate: Type.Optional(
      Type.String({
        description:
          'file with the certificate of the server, in PEM, followed by those between it and its root; in the data directory unless absolute. Without it the certificate of `openbatch tls init` is used, if there is one',
        minLength: 1,
      }),
    ),
    key: Type.Optional(Type.String({ description: 'file with its key, in PEM and not encrypted', minLength: 1 })),
    ca: Type.Optional(
      Type.String({
        description:
          'file with the authority that signed the certificate, if clients do not trust it anyway; jobs and clients on this machine are given it',
        minLength: 1,
      }),
    ),
  },
  { additionalProperties: false, default: {} },
)
export type TlsSettings = Static<typeof TlsSchema>

export const allowPlainHttp = Type.Boolean({
  description:
    'whether the server may speak plain HTTP at an address that other machines can reach: requests and answers can be read on the way',
  default: false,
})

export interface ListeningSettings {
  readonly host: string
  readonly tls: TlsSettings
  readonly allowPlainHttp: boolean
  readonly metrics?: MetricsSettings
}

/** The files that the operator named, by absolute paths. */
export function givenFiles({ certificate, key }: TlsSettings, dataDir: string): GivenFiles | undefined {
  if (certificate === undefined || key === undefined) return undefined
  return { certificate: resolve(dataDir, certificate), key: resolve(dataDir, key) }
}

/** What the schema cannot say. Relative paths are not looked at where no data directory is known. */
export function problemsOfTls(settings: ListeningSettings, dataDir: string | undefined): string[] {
  const { tls, allowPlainHttp } = settings
  const { certificate, key, ca } = tls
  const problems: string[] = []
  if (certificate !== undefined && key === undefined) problems.push('tls.key: must be set, because tls.certificate is')
  if (certificate === undefined && key !== undefined) problems.push('tls.certificate: must be set, because tls.key is')
  if (certificate === undefined && ca !== undefined) problems.push('tls.certificate: must be set, because tls.ca is')
  if (dataDir !== undefined) problems.push(...problemsOfFiles(tls, dataDir))
  const speaksTls = certificate !== undefined || (dataDir !== undefined && hasOwnAuthority(dataDir))
  if (!speaksTls && !allowPlainHttp) problems.push(...problemsOfPlainHttp(settings))
  return problems
}

function problemsOfPlainHttp({ host, metrics }: ListeningSettings): string[] {
  const listening: [setting: string, address: string][] = [['host', host]]
  if (metrics?.listen !== undefined) listening.push(['metrics.listen', listenAddress(metrics.listen).host])
  return listening
    .filter(([, address]) => !isLoopback(address))
    .map(
      ([setting, address]) =>
        `${setting}: other machines can reach ${address}, and the server has no certificate. Run openbatch tls init, or set tls.certificate and tls.key; allowPlainHttp: true serves without TLS all the same`,
    )
}

function problemsOfFiles(tls: TlsSettings, dataDir: string): string[] {
  const problems: string[] = []
  const files = givenFiles(tls, dataDir)
  if (files) {
    try {
      readGivenPair(files).checkTime(Date.now())
    } catch (error) {
      const of = error instanceof PairProblem ? error.of : 'certificate'
      problems.push(`tls.${of}: ${files[of]}: ${(error as Error).message}`)
    }
  }
  if (tls.ca !== undefined) {
    try {
      readAuthorities(tls.ca, dataDir)
    } catch (error) {
      problems.push(`tls.ca: ${resolve(dataDir, tls.ca)}: ${(error as Error).message}`)
    }
  }
  return problems
}

/** Certificates in PEM. Throws if there is none. */
export function readAuthorities(file: string, dataDir: string): string {
  const text = readFileSync(resolve(dataDir, file), 'utf8')
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate in PEM')
  return text
}
