/**
 * A real AWS client as the scenarios see it: one call of one operation at a time, whichever program
 * makes it.
 */
import type { BatchOperations } from '../../../src/model/generated/batch.ts'
import type { Ec2Operations } from '../../../src/model/generated/ec2.ts'
import type { EcsOperations } from '../../../src/model/generated/ecs.ts'
import type { IamOperations } from '../../../src/model/generated/iam.ts'
import type { LogsOperations } from '../../../src/model/generated/logs.ts'
import type { SecretsmanagerOperations } from '../../../src/model/generated/secretsmanager.ts'
import type { SsmOperations } from '../../../src/model/generated/ssm.ts'
import type { Credentials } from '../../support/openbatch-server.ts'

/** Services that are asked a little. */
export interface SmallServices {
  readonly ec2: Ec2Operations
  readonly ecs: EcsOperations
  readonly ssm: SsmOperations
  readonly secretsmanager: SecretsmanagerOperations
}

export type Service = 'batch' | 'logs' | 'sts' | 'iam' | keyof SmallServices

export interface Caller {
  readonly UserId: string
  readonly Account: string
  readonly Arn: string
}

export interface Client {
  batch<N extends keyof BatchOperations>(
    operation: N,
    input: BatchOperations[N]['input'],
  ): Promise<BatchOperations[N]['output']>
  logs<N extends keyof LogsOperations>(
    operation: N,
    input: LogsOperations[N]['input'],
  ): Promise<LogsOperations[N] extends { output: infer Output } ? Output : never>
  iam<N extends keyof IamOperations>(
    operation: N,
    input: IamOperations[N]['input'],
  ): Promise<IamOperations[N]['output']>
  small<S extends keyof SmallServices, N extends keyof SmallServices[S] & string>(
    service: S,
    operation: N,
    input: SmallServices[S][N] extends { input: infer Input } ? Input : never,
  ): Promise<SmallServices[S][N] extends { output: infer Output } ? Output : never>
  whoAmI(): Promise<Caller>
  close(): void
}

/** Where and as whom a client calls. */
export interface Access {
  readonly endpoint: string
  /** Without credentials the requests are not signed. */
  readonly credentials?: Credentials
  /** The file with what the client trusts, for a server that speaks TLS. */
  readonly trustFile?: string
  /** How far the client's clock is off, seconds. */
  readonly clockOffSeconds?: number
}

export interface ClientKind {
  /** The name and version. */
  readonly name: string
  open(access: Access): Client
}

/** An error that the service answered with, as the client reports it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type Call = (service: Service, operation: string, input: object) => Promise<unknown>

/** Gives a call of any operation the types of AWS's model. */
export function clientOf(call: Call, close: () => void = () => {}): Client {
  return {
    batch: (operation, input) => call('batch', operation, input) as never,
    logs: (operation, input) => call('logs', operation, input) as never,
    iam: (operation, input) => call('iam', operation, input) as never,
    small: (service, operation, input) => call(service, operation, input as object) as never,
    whoAmI: () => call('sts', 'GetCallerIdentity', {}) as Promise<Caller>,
    close,
  }
}

/**
 * The variables that tell AWS's clients where to call and as whom, without the machine's own
 * settings.
 */
export function accessVariables({ endpoint, credentials, trustFile }: Access): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ...(trustFile && { AWS_CA_BUNDLE: trustFile }),
    ...(credentials && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
  }
}

/** What a child needs of this process's environment. */
export function plainEnvironment(): Record<string, string> {
  const { HOME = '/root', LANG = 'C.UTF-8' } = process.env
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME, LANG }
}
