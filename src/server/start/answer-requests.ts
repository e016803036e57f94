/** Opens the port, and the doors through which jobs reach it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { ConnectionRoom } from '../../ground/connection-room.ts'
import { httpUrl } from '../../ground/http-url.ts'
import type { Services } from '../../ground/services.ts'
import type { ServingCertificate } from '../../tls/serving-certificate.ts'
import { reservedPort } from '../run/credentials-door.ts'
import type { JobIdentity } from '../run/job-access.ts'
import type { JobDoors } from '../run/job-doors.ts'
import type { Setting } from './setting.ts'

/** The HTTP edge. `serve.ts` makes it, so that this folder need not know it. */
export interface Edge {
  /** Resolves with the port. */
  listen(host: string, port: number): Promise<number>
  readonly handle: RequestListener<typeof IncomingMessage, typeof ServerResponse>
  /** Shared by every listener. */
  readonly connections: ConnectionRoom
  /** What jobs get their credentials by. Absent: they get none. */
  readonly jobIdentity?: JobIdentity
  close(): Promise<void>
}

/** Resolves with the URL of the server. */
export async function answerRequests(
  services: Services,
  { configuration, dataDir, log }: Setting,
  edge: Edge,
  doors: JobDoors,
  certificate: ServingCertificate | undefined,
): Promise<string> {
  const { host } = configuration
  services.keep('edge', edge, (it) => it.close())
  const port = await edge.listen(host, configuration.port)
  services.keep('doors of jobs', doors, (it) => it.close())
  const endpoint = certificate ? httpUrl(certificate.nameFor(host), port, 'https') : httpUrl(host, port)
  const { handle, connections } = edge
  const loopbackPort = reservedPort(dataDir)
  await doors.open({ loopbackPort, endpoint, mainHost: host, port, handle, connections, log, certificate })
  return endpoint
}
