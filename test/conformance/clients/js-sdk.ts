/** The AWS SDK for JavaScript, version 3, as a client. */
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import * as batch from '@aws-sdk/client-batch'
import batchPackage from '@aws-sdk/client-batch/package.json' with { type: 'json' }
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as ec2 from '@aws-sdk/client-ec2'
import * as ecs from '@aws-sdk/client-ecs'
import * as iam from '@aws-sdk/client-iam'
import * as secretsmanager from '@aws-sdk/client-secrets-manager'
import * as ssm from '@aws-sdk/client-ssm'
import * as sts from '@aws-sdk/client-sts'
import { type ClientKind, clientOf, ServiceError } from './client.ts'

interface Sender {
  send(command: object): Promise<object>
  destroy(): void
}
type CommandClass = new (input: object) => object

const unsigned = {
  credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  signer: { sign: async (request: object) => request as never },
}

export const jsSdk: ClientKind = {
  name: `aws-sdk-js/${batchPackage.version}`,
  open({ endpoint, credentials, trustFile, clockOffSeconds = 0 }) {
    const settings = {
      endpoint,
      region: 'us-west-2',
      systemClockOffset: clockOffSeconds * 1000,
      ...(trustFile && { requestHandler: { httpsAgent: new Agent({ ca: readFileSync(trustFile) }) } }),
      ...(credentials ? { credentials } : unsigned),
    }
    const services = {
      batch: { client: new batch.BatchClient(settings) as Sender, commands: batch },
      logs: { client: new logs.CloudWatchLogsClient(settings) as Sender, commands: logs },
      iam: { client: new iam.IAMClient(settings) as Sender, commands: iam },
      ec2: { client: new ec2.EC2Client(settings) as Sender, commands: ec2 },
      ecs: { client: new ecs.ECSClient(settings) as Sender, commands: ecs },
      ssm: { client: new ssm.SSMClient(settings) as Sender, commands: ssm },
      secretsmanager: {
        client: new secretsmanager.SecretsManagerClient(settings) as Sender,
        commands: secretsmanager,
      },
      sts: { client: new sts.STSClient(settings) as Sender, commands: sts },
    }
    return clientOf(
      async (service, operation, input) => {
        const { client, commands } = services[service]
        const Command = (commands as unknown as Record<string, CommandClass>)[`${operation}Command`]!
        try {
          const { $metadata, ...output } = (await client.send(new Command(input))) as { $metadata?: unknown }
          return output
        } catch (error) {
          if (error instanceof Error && '$metadata' in error) throw new ServiceError(error.name, error.message)
          throw error
        }
      },
      () => {
        for (const { client } of Object.values(services)) client.destroy()
      },
    )
  },
}
