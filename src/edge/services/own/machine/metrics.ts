/** `/metrics` serves figures for Prometheus; docs/operate/metrics.md. */
import type { BearerToken } from '../../../../access/bearer-token.ts'
import type { Operation } from '../../../operation.ts'
import type { Protocol } from '../../../protocols/protocol.ts'
import { restJson } from '../../../protocols/rest-json.ts'
import type { RoutedOperation } from '../own-operation.ts'

export interface MetricsSource {
  readonly contentType: string
  readonly read: () => Promise<string>
  /** Registers a figure of the edge's own. */
  readonly gauge: (name: string, help: string, read: () => number) => void
}

export function readMetrics(
  source: MetricsSource | undefined,
  orToken: Pick<BearerToken, 'accepts'> | undefined,
): RoutedOperation {
  const operation: Operation = {
    ...{ service: 'openbatch', name: 'ReadMetrics', action: 'openbatch:ReadMetrics' },
    // Figures tell an operator of the trouble.
    inTrouble: true,
    resource: () => '*',
    handle: () => source?.read() ?? '',
  }
  const contentType = source?.contentType ?? 'text/plain; charset=utf-8'
  const plainText: Protocol = {
    ...restJson,
    writeAnswer: (_operation, output) => ({ contentType, body: output as string }),
  }
  return {
    ...operation,
    route: {
      ...{ method: 'GET', url: '/metrics', protocol: restJson, writer: plainText, body: 'whole', orToken },
      parse: () => ({ operation, input: {} }),
    },
  }
}
