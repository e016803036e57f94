/**
 * The part of the configuration that says how clients that cannot sign read `/metrics`, and the
 * checks beyond its shape.
 */
import { resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { BearerToken } from '../access/bearer-token.ts'

export const MetricsSchema = Type.Object(
  {
    tokenFile: Type.Optional(
      Type.String({
        description:
          'file with a token that lets Prometheus read /metrics, see metrics.md; in the data directory unless absolute',
        minLength: 1,
      }),
    ),
    listen: Type.Optional(
      Type.String({
        description:
          'address and port of a listener that serves /metrics and nothing else, 127.0.0.1:9642 for example; beyond this machine it speaks TLS, and needs metrics.tokenFile',
        pattern: '^(\\[[0-9a-fA-F:.]+\\]|[^\\s:\\[\\]]+):[0-9]{1,5}$',
      }),
    ),
  },
  { additionalProperties: false, default: {} },
)

export type MetricsSettings = Static<typeof MetricsSchema>

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:9642`, `[::1]:9642`. */
export function listenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(text.slice(colon + 1)) }
}

/** Whether only this machine reaches a server that listens at this host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host)
}

/** Expects settings of the right shape. */
export function problemsOfMetrics({ tokenFile, listen }: MetricsSettings): string[] {
  if (listen === undefined) return []
  const { host, port } = listenAddress(listen)
  const problems = port > 65_535 ? ['metrics.listen: the port must be at most 65535'] : []
  if (!isLoopback(host) && tokenFile === undefined)
    problems.push('metrics.listen: an address that others can reach needs metrics.tokenFile too')
  return problems
}

/** Throws an `OwnFileProblem` for a file that cannot be used. */
export function metricsToken({ tokenFile }: MetricsSettings, dataDir: string): BearerToken | undefined {
  return tokenFile === undefined ? undefined : new BearerToken(resolve(dataDir, tokenFile))
}
