/**
 * Makes one file of the supplied `aws` command (`src/aws-command`), beside the compiled sources:
 * in a container there is no node_modules.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

await build({
  input: join(root, 'src', 'aws-command', 'command', 'main.ts'),
  platform: 'node',
  logLevel: 'warn',
  tsconfig: join(root, 'tsconfig.json'),
  output: { file: join(root, 'dist', 'aws-command', 'aws.mjs'), format: 'esm', minify: true, codeSplitting: false },
})
