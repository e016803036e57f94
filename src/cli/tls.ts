/**
 * `openbatch tls …` makes an authority of the installation's own and a certificate for the server,
 * whether or not the server runs. A running server takes the new certificate by itself, if it had
 * one when it started.
 */
import { mkdirSync } from 'node:fs'
import { isIP } from 'node:net'
import { type Command, InvalidArgumentError } from 'commander'
import { PairProblem } from '../tls/certificate-pair.ts'
import { hasOwnAuthority, initAuthority, OwnAuthority } from '../tls/own-authority.ts'
import { tlsFiles } from '../tls/tls-files.ts'
import { addDataDirOption, readableDataDirOf } from './data-dir.ts'
import { readServerFile } from './server-file.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
}
interface InitOptions extends Options {
  readonly name: readonly string[]
  readonly awsNames?: boolean
  readonly region?: string
  readonly newAuthority?: boolean
}

export function buildTls(tls: Command, terminal: Terminal): void {
  addDataDirOption(
    tls.command('init').description('make an authority, if there is none, and a certificate for the server'),
  )
    .option('--name <name>', 'a name by which clients reach the server, or an IP address; may be repeated', collect, [])
    .option('--aws-names', 'add the names of AWS’s own services, for clients that know no other')
    .option('--region <region>', 'the region in those names (default: the server’s)')
    .option('--new-authority', 'make another authority, which all clients must be given anew')
    .action((options: InitOptions) => init(options, terminal))

  addDataDirOption(tls.command('show').description('show the certificate of the server, and its files')).action(
    (options: Options) => {
      const dataDir = readableDataDirOf(options, terminal.env)
      if (!hasOwnAuthority(dataDir))
        throw new CommandFailure(`there is none in ${dataDir}: make one with openbatch tls init`)
      terminal.write(listing(new OwnAuthority(tlsFiles(dataDir))))
    },
  )
}

async function init(options: InitOptions, terminal: Terminal): Promise<void> {
  const dataDir = readableDataDirOf(options, terminal.env)
  // A server that others shall reach cannot start before it has a certificate.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const names = [...options.name, ...(options.awsNames ? awsNames(regionOf(options, dataDir, terminal)) : [])]
  const { newAuthority: anew = false } = options
  const authority = await initAuthority({ dataDir, now: terminal.now(), anew, ...(names.length > 0 && { names }) })
  terminal.write(listing(authority))
  const server = readServerFile(dataDir)
  if (server?.endpoint.startsWith('http:')) terminal.warn('openbatch: a server speaks TLS from its next start on\n')
}

function listing(authority: OwnAuthority): string {
  try {
    const { names, untilMs } = authority.read()
    const { files, endsAtMs } = authority
    const lines = [
      ['names', names.join(' ')],
      ['ends', `${dateOf(untilMs)}; the server makes another before`],
      ['certificate', files.server],
      ['authority', `${files.authority}, until ${dateOf(endsAtMs)}`],
      ['AWS_CA_BUNDLE', files.trust],
    ]
    return lines.map(([what, is]) => `${what!.padEnd(14)} ${is}\n`).join('')
  } catch (error) {
    if (error instanceof PairProblem) throw new CommandFailure(`${authority.files.server}: ${error.message}`)
    throw error
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function regionOf({ region }: InitOptions, dataDir: string, { env }: Terminal): string {
  return region ?? readServerFile(dataDir)?.region ?? env.OPENBATCH_REGION ?? 'us-west-2'
}

/** Where clients look for the services that openbatch offers. */
function awsNames(region: string): string[] {
  const regional = ['batch', 'logs', 'sts'].map((service) => `${service}.${region}.amazonaws.com`)
  return [...regional, 'sts.amazonaws.com', 'iam.amazonaws.com']
}

function collect(name: string, names: readonly string[]): readonly string[] {
  const isDns =
    name.length <= 253 &&
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)
  if (isIP(name) === 0 && !isDns) throw new InvalidArgumentError('It must be a DNS name or an IP address.')
  return [...names, name]
}
