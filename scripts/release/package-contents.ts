/**
 * The package's content, by path: the command, its compiled sources, the documents. Nothing else is
 * published.
 */

const allowed: readonly RegExp[] = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^bin\/(openbatch|package\.json)$/,
  /^dist\/(?!(?:simulation|test|scripts)\/)(?!.*\.(?:test|contract|testing)\.)[\w./-]+\.js(\.map)?$/,
  /^dist\/aws-command\/aws\.mjs$/,
  /^dist\/edge\/generated\/\w+\.schema\.json$/,
  /^docs\/[\w./-]+\.(md|svg|yaml|json)$/,
]

const required: readonly string[] = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'bin/openbatch',
  'dist/main.js',
  'dist/aws-command/aws.mjs',
  'docs/operate/install.md',
]

/** Lists what is in the package and must not be, and what is missing from it. */
export function contentFaults(paths: readonly string[]): string[] {
  return [
    ...paths
      .filter((path) => !allowed.some((pattern) => pattern.test(path)))
      .map((path) => `the package holds ${path}, which no pattern of package-contents.ts allows`),
    ...required.filter((path) => !paths.includes(path)).map((path) => `the package lacks ${path}`),
  ]
}
