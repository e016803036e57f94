/**
 * The secrets of a container, read as it starts: its variables, the registry's credentials, and
 * those of its log driver. With the credentials goes the registry that gets them.
 */
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import { type AttemptSpec, type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import { problemOf } from '../../logs/multiline/event-start.ts'
import type { ContainerDetail } from '../../model/generated/batch.ts'
import { eventStartOptions } from '../../model/log-destination.ts'
import {
  type FindSecret,
  type Resolved,
  resolveRegistryAuth,
  resolveValueFrom,
  type SecretNamed,
  secretNamed,
} from '../../secrets/value-from.ts'
import { type FindImageSource, imageSources } from './image-sources.ts'

export type ContainerSecrets =
  | {
      readonly environment: Readonly<Record<string, string>>
      /** The keys of `environment`. */
      readonly names: readonly string[]
      /** The name under which the image is pulled. Absent: as the container names it. */
      readonly image?: string
      readonly registryAuth?: NonNullable<AttemptSpec['registryAuth']>
    }
  /** The container's reason, which holds no value. */
  | { readonly failed: string }

export type ResolveSecrets = (
  container: Pick<ContainerDetail, 'image' | 'logConfiguration' | 'repositoryCredentials' | 'secrets'>,
  refusal: RefuseSecret,
) => ContainerSecrets

/** Why the container may not have the secret, by the name of its service and the names that it may have. */
export type RefuseSecret = (named: SecretNamed) => string | undefined

/**
 * `find` may throw when the secrets cannot be read. `onUnreadable` then gets the error, and the
 * container does not start.
 */
export function secretsFrom(
  find: FindSecret,
  onUnreadable: (error: unknown) => void,
  sourceOf: FindImageSource = imageSources({ rewrites: [], registries: {} }, find),
): ResolveSecrets {
  return (container, refusal) => {
    try {
      return resolve(container, asking(find, refusal), find, sourceOf)
    } catch (error) {
      onUnreadable(error)
      return failed('the secrets of this server cannot be read')
    }
  }
}

/** Asks whether the container may have a secret before it is looked for, so that no answer tells of one that it may not have. */
function asking(find: FindSecret, refusal: RefuseSecret): (valueFrom: string) => Resolved {
  return (valueFrom) => {
    const named = secretNamed(valueFrom)
    const refused = named && refusal(named)
    if (!named || refused === undefined) return resolveValueFrom(valueFrom, find)
    const from = named.service === 'ssm' ? 'secrets from ssm' : 'secret from asm'
    return { problem: `execution resource retrieval failed: unable to retrieve ${from}: ${refused}` }
  }
}

function resolve(
  { image, logConfiguration, repositoryCredentials, secrets = [] }: Parameters<ResolveSecrets>[0],
  resolveValue: (valueFrom: string) => Resolved,
  find: FindSecret,
  sourceOf: FindImageSource,
): ContainerSecrets {
  const values = new Map<string, string>()
  for (const { name, valueFrom } of secrets) {
    const found = resolveValue(valueFrom)
    if ('problem' in found) return failed(`${name}: ${found.problem}`)
    // Only a member of a JSON value can hold a zero byte.
    if (found.value.includes('\0')) return failed(`${name}: the value holds a zero byte`)
    values.set(name, found.value)
  }
  for (const { name, valueFrom } of logConfiguration?.secretOptions ?? []) {
    const found = resolveValue(valueFrom)
    if ('problem' in found) return failed(`log option ${name}: ${found.problem}`)
  }
  const { credentialsParameter } = repositoryCredentials ?? {}
  const own = credentialsParameter === undefined ? undefined : resolveRegistryAuth(credentialsParameter, find)
  if (own && 'problem' in own) return failed(`repositoryCredentials: ${own.problem}`)
  const source = sourceOf(image ?? '', own)
  if ('problem' in source) return failed(source.problem)
  const { image: real, registryAuth } = source
  return {
    ...{ environment: Object.fromEntries(values), names: [...values.keys()] },
    ...(image !== undefined && real !== image && { image: real }),
    ...(registryAuth && { registryAuth }),
  }
}

function failed(why: string): ContainerSecrets {
  return { failed: `ResourceInitializationError: unable to pull secrets or registry auth: ${why}` }
}

/**
 * Log options that the log driver cannot work with. The container then does not start, as with
 * Docker.
 */
export function refusedLogOptions(container: Pick<ContainerDetail, 'logConfiguration'>): ContainerSecrets | undefined {
  const problem = problemOf(eventStartOptions(container))
  return problem === undefined
    ? undefined
    : { failed: `CannotStartContainerError: failed to initialize logging driver: ${problem}` }
}

/**
 * Returns the spec with its secrets, or why it cannot start. A container that an earlier server
 * started is adopted, whatever became of its secrets since. Throws `DriverUnavailable` while that
 * cannot be found out.
 */
export async function withSecrets(
  spec: AttemptSpec,
  secrets: ContainerSecrets,
  driver: Pick<Driver, 'inspect'>,
): Promise<AttemptSpec | AttemptOutcome> {
  if ('failed' in secrets) {
    const seen = (await driver.inspect([spec.name])).get(spec.name)
    if (!seen || seen.kind === 'unknown') throw new DriverUnavailable(seen?.why ?? 'no answer')
    return seen.kind === 'absent' ? { kind: 'failedToStart', reason: secrets.failed } : spec
  }
  const { environment, image, names, registryAuth } = secrets
  return {
    ...spec,
    ...(image !== undefined && { image }),
    ...(names.length > 0 && { environment: { ...spec.environment, ...environment }, secretNames: names }),
    ...(registryAuth && { registryAuth }),
  }
}
