/**
 * A whole server: its services start in order and stop in the opposite order. Neither touches
 * running jobs.
 */
import type { Logger } from 'pino'
import type { Driver } from '../../drivers/driver.ts'
import { type Services, startServices } from '../../ground/services.ts'
import type { LogStore } from '../../logs/log-store.ts'
import { limits } from '../../model/limits.ts'
import type { AddedBuckets } from '../../objects/added-buckets.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import type { SecretStore } from '../../secrets/secrets.ts'
import type { Store } from '../../store/store.ts'
import type { ServingCertificate } from '../../tls/serving-certificate.ts'
import { ChangeFeed } from '../changes/change-feed.ts'
import { failpointsFrom } from '../failpoints.ts'
import type { Loop } from '../loop/loop.ts'
import type { ServerMetrics } from '../metrics.ts'
import { EndedTasks } from '../run/ended-tasks.ts'
import type { Images } from '../run/images.ts'
import type { PendingStarts } from '../run/pending-starts.ts'
import { answerRequests, type Edge } from './answer-requests.ts'
import { bringUpToDate } from './bring-up-to-date.ts'
import type { Configuration } from './configuration.ts'
import type { Epoch } from './epoch.ts'
import { followAttempts } from './follow-attempts.ts'
import { openData } from './open-data.ts'
import { openObjects } from './open-objects.ts'
import { explainedDatabase } from './open-store.ts'
import { openTls } from './open-tls.ts'
import { Resumption } from './resumption.ts'
import type { Setting } from './setting.ts'
import { startLoop } from './start-loop.ts'
import { startUpkeep } from './start-upkeep.ts'

/** What the HTTP edge works with. */
export interface Core {
  readonly account: string
  readonly region: string
  readonly loop: Loop
  readonly store: Store
  readonly logs: LogStore
  readonly objects: ObjectStore
  readonly addedBuckets: AddedBuckets
  readonly metrics: ServerMetrics
  readonly epoch: Epoch
  readonly pending: PendingStarts
  readonly images: Images
  readonly endedTasks: EndedTasks
  readonly changes: ChangeFeed
  readonly secrets: SecretStore
}

export interface OpenbatchOptions {
  readonly configuration: Configuration
  readonly dataDir: string
  readonly log: Logger
  readonly makeEdge: (core: Core, certificate: ServingCertificate | undefined) => Edge
  /** `--start-empty`. */
  readonly startEmpty?: boolean
  /** See failpoints.ts. */
  readonly failpoint: string | undefined
  readonly onBroken: (error: unknown) => void
}

export interface Openbatch {
  /** `http://HOST:PORT`, or `https://…`. */
  readonly endpoint: string
  /** The file with what clients must trust, if there is one. */
  readonly trustFile: string | undefined
  readonly defaultDriver: string
  readonly drivers: ReadonlyMap<string, Driver>
  stop(): Promise<void>
}

export async function startOpenbatch(options: OpenbatchOptions): Promise<Openbatch> {
  const { dataDir, log } = options
  try {
    return await startServices(log, (services) => start(services, options))
  } catch (error) {
    throw explainedDatabase(dataDir, error)
  }
}

async function start(
  services: Services,
  { makeEdge, startEmpty = false, failpoint, ...given }: OpenbatchOptions,
): Promise<Omit<Openbatch, 'stop'>> {
  const setting: Setting = { ...given, failpoint: failpointsFrom(failpoint), now: Date.now }
  const { configuration, dataDir, log } = setting
  const data = await openData(services, { dataDir, startEmpty, log })
  const { addedBuckets, ...objects } = await openObjects(services, setting)
  const certificate = await openTls(services, setting)
  const deciding = await startLoop(services, setting, data)
  const following = followAttempts(services, setting, data, deciding, certificate?.trustFile)
  const epoch = await bringUpToDate(services, setting, data, deciding, following)

  const { account, region } = configuration
  const { defaultDriver, delivery, drivers, loop, metrics } = deciding
  const endedTasks = new EndedTasks().listen(deciding.listeners)
  const changes = new ChangeFeed({ state: () => loop.state, store: data.store, now: setting.now })
  changes.listen(deciding.listeners)
  const edge = makeEdge(
    {
      ...{ account, region, loop, metrics, epoch },
      ...{ store: data.store, logs: data.logs, objects: objects.objects, addedBuckets, pending: following.pending },
      images: following.images,
      ...{ endedTasks, changes, secrets: following.secrets },
    },
    certificate,
  )
  if (edge.jobIdentity) following.access.use(edge.jobIdentity)
  const endpoint = await answerRequests(services, setting, edge, following.doors, certificate)
  // Events that were left when the server last stopped.
  delivery.wake()
  await services.start('resumption', new Resumption({ ...setting, ...deciding, ...following }))
  await startUpkeep(services, setting, { ...data, ...objects }, deciding, following, epoch, certificate?.trustFile)
  if (loop.state.nextSeq > limits.searchPreparedFrom) data.store.searches.prepare()
  return { endpoint, trustFile: certificate?.trustFile, defaultDriver, drivers }
}
