/**
 * Makes the services that start attempts and follow them. No attempt is touched before `Resumption`
 * starts.
 */
import type { Services } from '../../ground/services.ts'
import { SecretStore, secretsFilePath } from '../../secrets/secrets.ts'
import { registerImages } from '../image-metrics.ts'
import { secretsFrom } from '../run/container-secrets.ts'
import { imageSources } from '../run/image-sources.ts'
import { Images } from '../run/images.ts'
import { JobAccess } from '../run/job-access.ts'
import { JobDoors } from '../run/job-doors.ts'
import { PendingStarts } from '../run/pending-starts.ts'
import { Supervisor } from '../run/supervisor.ts'
import { Supplies } from '../run/supplies.ts'
import { excludedFrom, rewritesFrom } from './images-settings.ts'
import { jobEnvironment } from './job-environment-settings.ts'
import type { Data } from './open-data.ts'
import { outsidePlaceOf } from './outside-settings.ts'
import type { Setting } from './setting.ts'
import type { Deciding } from './start-loop.ts'

export interface Following {
  readonly supervisor: Supervisor
  /** Closed as long as the server has no port. */
  readonly doors: JobDoors
  /** Gives nothing until it has the identities. */
  readonly access: JobAccess
  readonly pending: PendingStarts
  readonly images: Images
  readonly secrets: SecretStore
}

export function followAttempts(
  services: Services,
  setting: Setting,
  { logs }: Data,
  deciding: Deciding,
  trustFile: string | undefined,
): Following {
  const { configuration, dataDir, log, failpoint } = setting
  const { clocks, followed, loop, metrics } = deciding
  const doors = new JobDoors(followed)
  const secrets = new SecretStore(secretsFilePath(dataDir))
  const findSecret = (name: string) => secrets.find(name)
  const { registries, rewrite } = configuration.images
  const imageSourceOf = imageSources({ registries, rewrites: rewritesFrom(rewrite) }, findSecret)
  const pending = new PendingStarts()
  const outside = configuration.objects.outside && outsidePlaceOf(configuration.objects.outside)
  const runs = (driver: string) => followed.get(driver)?.isolation !== undefined
  const environmentOf = (computeEnvironment: string) => jobEnvironment(configuration.jobs, computeEnvironment)
  const access = new JobAccess({
    ...{ doors, runs, environmentOf, secrets, log, outside },
    ...{ state: () => loop.state, now: clocks.now },
  })
  const supervisor = new Supervisor({
    pending,
    drivers: followed,
    logs,
    loop,
    clocks,
    log,
    failpoint,
    region: configuration.region,
    accessOf: (job, attempt, of) => access.variablesFor(job, attempt, of),
    endpointFor: (driver) => doors.endpointFor(driver),
    trustFile,
    resolveSecrets: secretsFrom(
      findSecret,
      (err) => log.error({ err }, 'the secrets of jobs cannot be read'),
      imageSourceOf,
    ),
    secretRefusal: (job, attempt, of) => access.secretRefusal(job, attempt, of),
    supply: new Supplies(dataDir).find,
    stopGraceSeconds: configuration.jobs.stopGraceSeconds,
    lostGraceMs: configuration.jobs.lostGraceSeconds * 1000,
    logCapBytes: configuration.logs.maxMibPerAttempt * 1024 * 1024,
  })
  const { minimumAgeMinutes } = configuration.images.cleanup
  const { drivers, defaultDriver } = deciding
  const cleanup = { exclude: excludedFrom(configuration.images), minimumAgeMs: minimumAgeMinutes * 60_000 }
  const images = new Images({ drivers, defaultDriver, sourceOf: imageSourceOf, cleanup })
  registerImages(metrics, images)
  services.keep('images', images, (it) => it.close())
  services.keep('supervisor', supervisor, (it) => it.close())
  return { supervisor, doors, access, pending, images, secrets }
}
