/**
 * Variables that tell the AWS CLI and the SDKs whom to trust. Node.js trusts that file's authorities
 * in addition to its own; the others trust them instead.
 */
const names = ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']

/** Those that the environment of an attempt lacks. `path` is the file as the attempt sees it. */
export function trustVariables(
  path: string,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(names.filter((name) => !Object.hasOwn(environment, name)).map((name) => [name, path]))
}
