/** The part of the configuration that says in which store outside objects are (docs/use/objects.md). */
import { resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import type { OutsideStore } from '../../access/outside-store/outside-credentials.ts'
import { OwnFileProblem, textOfOwnFile } from '../../access/own-file.ts'
import { RereadFile } from '../../ground/reread-file.ts'

export const OutsideSchema = Type.Object(
  {
    endpoint: Type.String({
      description: 'address of an S3 store outside; jobs then keep their objects there, and this server keeps none',
      minLength: 1,
    }),
    region: Type.Optional(
      Type.String({ description: 'region of that store; jobs get it as theirs', pattern: '^[a-z0-9-]+$' }),
    ),
    accessKeyId: Type.String({ description: 'access key of that store', pattern: '^[\\x21-\\x7e]{1,128}$' }),
    secretAccessKeyFile: Type.String({
      description:
        'file with the secret of that key, for the account of the server alone; in the data directory unless absolute',
      minLength: 1,
    }),
    roleArn: Type.Optional(
      Type.String({
        description:
          'role that jobs get temporary credentials of, from the STS of that store; without it they get the key itself',
        pattern: '^arn:[\\x21-\\x7e]{1,2000}$',
      }),
    ),
    stsEndpoint: Type.Optional(
      Type.String({
        description: 'address of its STS; the endpoint itself if unset, and for AWS the STS of its region',
        minLength: 1,
      }),
    ),
  },
  { additionalProperties: false },
)
export type OutsideSettings = Static<typeof OutsideSchema>

/** `dataDir` is absent where no file is looked at. */
export function problemsOfOutside(settings: OutsideSettings, dataDir: string | undefined): string[] {
  const problems = (['endpoint', 'stsEndpoint'] as const).flatMap((name) => {
    const url = settings[name]
    return url === undefined || isAddress(url)
      ? []
      : [`objects.outside.${name}: must be http://HOST or https://HOST, without a query, a user or a password`]
  })
  if (dataDir === undefined) return problems
  try {
    outsideSecret(settings, dataDir)()
  } catch (error) {
    if (!(error instanceof OwnFileProblem)) throw error
    problems.push(`objects.outside.secretAccessKeyFile: ${error.message}`)
  }
  return problems
}

/** Where the store is, for users and jobs. */
export interface OutsidePlace {
  readonly endpoint: string
  readonly region?: string
}

export function outsidePlaceOf({ endpoint, region }: OutsideSettings): OutsidePlace {
  return { endpoint: endpoint.replace(/\/+$/, ''), ...(region !== undefined && { region }) }
}

export function outsideStoreOf(settings: OutsideSettings): OutsideStore {
  const { accessKeyId, roleArn } = settings
  const { endpoint, region = 'us-east-1' } = outsidePlaceOf(settings)
  return { endpoint, stsEndpoint: settings.stsEndpoint ?? stsOf(endpoint), region, accessKeyId, roleArn }
}

/** Reads the secret, again after each change of its file. Throws an `OwnFileProblem`. */
export function outsideSecret({ secretAccessKeyFile }: OutsideSettings, dataDir: string): () => string {
  const file = new RereadFile(resolve(dataDir, secretAccessKeyFile), secretIn)
  return () => file.content()
}

function secretIn(path: string): string {
  const secret = textOfOwnFile(path, 'write the secret access key of the store to it, with mode 600')
  if (/^[\x21-\x7e]{8,256}$/.test(secret)) return secret
  throw new OwnFileProblem(`${path} must hold one secret access key of 8 to 256 characters, and nothing else`)
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === ''
}

/** AWS has another address for each service. Other stores have one. */
function stsOf(endpoint: string): string {
  const region = /^https:\/\/s3(?:\.dualstack)?[.-]([a-z0-9-]+)\.amazonaws\.com$/.exec(endpoint)?.[1]
  if (region !== undefined) return `https://sts.${region}.amazonaws.com`
  return endpoint === 'https://s3.amazonaws.com' ? 'https://sts.amazonaws.com' : endpoint
}
