/**
 * Buckets in the names of hosts: `results.s3.lab.example` is the bucket `results` where the
 * configuration has the domain `s3.lab.example`. The name in a Host header is whatever a client sends.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */

/**
 * The label before the domain, which need not be the name of a bucket. Undefined for a host of no
 * domain, and for a domain itself. `domains` are in lower case.
 */
export function bucketOfHost(host: string | undefined, domains: readonly string[]): string | undefined {
  if (host === undefined || domains.length === 0) return undefined
  const name = host
    .toLowerCase()
    .replace(/:[0-9]{1,5}$/, '')
    .replace(/\.$/, '')
  const domain = domains
    .filter((each) => name.endsWith(`.${each}`))
    .reduce((longest, each) => (each.length > longest.length ? each : longest), '')
  if (domain === '' || domains.includes(name)) return undefined
  return name.slice(0, -domain.length - 1)
}
