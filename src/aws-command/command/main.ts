process.stderr.write('aws: not yet\n')
process.exitCode = 255
