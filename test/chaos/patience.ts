/**
 * A client of a server that keeps dying. The SDK repeats every call under one invocation id until
 * it is answered. Only an answer that the call was wrong ends it.
 */
import { BatchClient } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { Credentials } from '../support/openbatch-server.ts'

type Settings = NonNullable<ConstructorParameters<typeof BatchClient>[0]>
type Strategy = Exclude<Extract<Settings['retryStrategy'], { acquireInitialRetryToken: unknown }>, undefined>
type Token = Awaited<ReturnType<Strategy['acquireInitialRetryToken']>>

const betweenTriesMs = 150
/** Far longer than a server takes to come back. */
const mostTries = 1200

function patient(onRepeat: () => void): Strategy {
  const token = (count: number): Token => ({ getRetryCount: () => count, getRetryDelay: () => betweenTriesMs })
  return {
    acquireInitialRetryToken: async () => token(0),
    async refreshRetryTokenForRetry(spent, { error, errorType }) {
      const failed = (error ?? {}) as { $metadata?: { httpStatusCode?: number }; name?: string; message?: string }
      const { $metadata, name = '', message = '' } = failed
      const status = $metadata?.httpStatusCode ?? 0
      // If the server's clock is set while two calls are in flight, the SDK takes the second
      // refusal as final, because the first one has corrected its clock.
      const isOfClock = /Signature (expired|not yet current)/i.test(message)
      // If the server's clock differs, the SDK treats every such answer as temporary. Only one
      // about the signature is.
      const isFinal =
        errorType === 'CLIENT_ERROR' || (errorType === 'TRANSIENT' && !/Signature|Expired|Skewed/.test(name))
      if (isFinal && !isOfClock && status >= 400 && status < 500) throw error
      if (spent.getRetryCount() >= mostTries) throw error
      onRepeat()
      return token(spent.getRetryCount() + 1)
    },
    recordSuccess: () => {},
  }
}

export interface PatientClients {
  readonly batch: BatchClient
  readonly logs: CloudWatchLogsClient
  /** How many calls had to be sent again so far. */
  readonly repeats: number
  destroy(): void
}

export function patientClients(endpoint: string, credentials: Credentials): PatientClients {
  let repeats = 0
  const retryStrategy = patient(() => repeats++)
  const settings = { endpoint, region: 'us-west-2', credentials, retryStrategy }
  const batch = new BatchClient(settings)
  const logs = new CloudWatchLogsClient(settings)
  return {
    batch,
    logs,
    get repeats() {
      return repeats
    },
    destroy() {
      batch.destroy()
      logs.destroy()
    },
  }
}
