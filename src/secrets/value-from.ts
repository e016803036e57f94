/**
 * Resolves the name that a job definition uses for a secret to the secret's value. The account and
 * the region of an ARN are ignored.
 * https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
 */

/** Returns the value of the secret with exactly this name. */
export type FindSecret = (name: string) => string | undefined

/** `problem` says what is missing, and never holds a value. */
export type Resolved = { readonly value: string } | { readonly problem: string }

/**
 * What an ARN or a name asks for: the first of the names that exists, whole or one member of it.
 */
interface Wanted {
  readonly names: readonly string[]
  readonly jsonKey?: string
}
type Parsed = Wanted | { readonly problem: string }

/** `valueFrom` is an ARN of Secrets Manager or Parameter Store, or the bare name of a parameter. */
export function resolveValueFrom(valueFrom: string, find: FindSecret): Resolved {
  return look(valueFrom.startsWith('arn:') ? parseArn(valueFrom) : parseParameter(valueFrom), find)
}

/** The service that keeps a secret on AWS, and the names of which the first that exists is used. */
export interface SecretNamed {
  readonly service: 'secretsmanager' | 'ssm'
  readonly names: readonly string[]
}

/** Undefined for a text that can be no secret's. */
export function secretNamed(valueFrom: string): SecretNamed | undefined {
  const isArn = valueFrom.startsWith('arn:')
  const parsed = isArn ? parseArn(valueFrom) : parseParameter(valueFrom)
  if ('problem' in parsed) return undefined
  return { service: isArn && valueFrom.split(':')[2] === 'secretsmanager' ? 'secretsmanager' : 'ssm', ...parsed }
}

/**
 * `repositoryCredentials.credentialsParameter`: the ARN of a secret that holds `{"username": …,
 * "password": …}`, or its name.
 */
export function resolveRegistryAuth(
  credentialsParameter: string,
  find: FindSecret,
): { readonly username: string; readonly password: string } | { readonly problem: string } {
  const found = look(parseRegistryAuth(credentialsParameter), find)
  if ('problem' in found) return found
  const { username, password } = objectOf(found.value) ?? {}
  return typeof username === 'string' && typeof password === 'string'
    ? { username, password }
    : { problem: `${credentialsParameter} is not JSON with a username and a password` }
}

/** The names of which the first that exists is used. None if the text can be no secret's. */
export function namesOfRegistryAuth(credentialsParameter: string): readonly string[] {
  const parsed = parseRegistryAuth(credentialsParameter)
  return 'problem' in parsed ? [] : parsed.names
}

function parseRegistryAuth(credentialsParameter: string): Parsed {
  const isArn = credentialsParameter.startsWith('arn:')
  return isArn ? parseArn(credentialsParameter) : { names: [credentialsParameter] }
}

/** `arn:aws:SERVICE:region:account:RESOURCE`, in any partition. */
function parseArn(arn: string): Parsed {
  const [, , service, , , ...rest] = arn.split(':')
  const resource = rest.join(':')
  if (service === 'secretsmanager' && resource.startsWith('secret:')) return parseSecret(resource.slice(7), arn)
  if (service === 'ssm' && resource.startsWith('parameter/')) {
    const name = resource.slice(10)
    // The ARN has one slash, whether or not the name begins with one. A name with slashes inside
    // always begins with one.
    return parseParameter(...(name.includes('/') ? [`/${name}`, name] : [name, `/${name}`]))
  }
  return { problem: `${arn} is neither a secret of Secrets Manager nor a parameter of Systems Manager` }
}

/** `NAME-6RANDOM[:json-key:version-stage:version-id]`. */
function parseSecret(resource: string, arn: string): Parsed {
  const [name = '', ...parameters] = resource.split(':')
  // The ECS agent accepts all three or none.
  if (parameters.length !== 0 && parameters.length !== 3) {
    return { problem: `unexpected ARN format with parameters when trying to retrieve ASM secret: ${arn}` }
  }
  const [jsonKey = '', versionStage = '', versionId = ''] = parameters
  if (versionStage !== '' && versionStage !== 'AWSCURRENT') {
    return { problem: `version stage ${versionStage} of secret ${name} is not kept: there is AWSCURRENT alone` }
  }
  if (versionId !== '')
    return { problem: `version ${versionId} of secret ${name} is not kept: there is AWSCURRENT alone` }
  const withoutSuffix = /^(.+)-[A-Za-z0-9]{6}$/.exec(name)?.[1]
  const names = withoutSuffix === undefined ? [name] : [name, withoutSuffix]
  return jsonKey === '' ? { names } : { names, jsonKey }
}

/** `NAME`, or `NAME:VERSION`. */
function parseParameter(...names: readonly string[]): Parsed {
  const [name = '', version] = names[0]!.split(':')
  return version === undefined
    ? { names }
    : { problem: `version ${version} of parameter ${name} is not kept: there is the newest alone` }
}

function look(wanted: Parsed, find: FindSecret): Resolved {
  if ('problem' in wanted) return wanted
  const { names, jsonKey } = wanted
  for (const name of names) {
    const value = find(name)
    if (value !== undefined) return jsonKey === undefined ? { value } : memberOf(value, jsonKey, name)
  }
  return { problem: `there is no secret ${names.join(', nor ')}` }
}

function memberOf(value: string, jsonKey: string, name: string): Resolved {
  const object = objectOf(value)
  if (!object) return { problem: `secret ${name} is not a JSON object, so it has no key ${jsonKey}` }
  if (!Object.hasOwn(object, jsonKey)) return { problem: `secret ${name} did not contain json key ${jsonKey}` }
  const member = object[jsonKey]
  return { value: typeof member === 'string' ? member : JSON.stringify(member) }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
