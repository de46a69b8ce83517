// Loaded before a command (`node --import`): leaves the process's peak resident kilobytes in the file PEAK_FILE names.
import { writeFileSync } from 'node:fs'

process.on('exit', () => writeFileSync(process.env.PEAK_FILE as string, `${process.resourceUsage().maxRSS}`))
