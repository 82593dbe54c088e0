/** @file `devices`: what this machine offers for training, with the self-test's verdict. */
import type { DeviceReport } from '../contract/api/devices.ts';
import { exitCodes } from '../contract/errors.ts';
import { formatNumber } from '../contract/format.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { renderTable } from './table.ts';
import type { Column } from './table.ts';

const columns: readonly Column[] = [
  { title: 'Device', overflow: 'keep' },
  { title: 'Name', overflow: 'wrap' },
  { title: 'Verdict', overflow: 'keep' },
  { title: 'GFLOP/s', align: 'right', overflow: 'keep' },
  { title: 'GB/s', align: 'right', overflow: 'keep' },
];

/** A row a device, then the reason of each that is not verified. */
export function deviceLines(reports: readonly DeviceReport[], width: number): string[] {
  const rows = reports.map(({ provider, name, threads, state, gigaflops, gigabytesPerSecond }) => [
    provider,
    threads === undefined ? name : `${name}, ${threads} threads`,
    state,
    gigaflops === undefined ? '' : formatNumber(gigaflops),
    gigabytesPerSecond === undefined ? '' : formatNumber(gigabytesPerSecond),
  ]);
  const reasons = reports.flatMap(({ provider, reason }) =>
    reason === undefined ? [] : [`${provider}: ${reason}`],
  );
  return [...renderTable(columns, rows, width), ...(reasons.length > 0 ? ['', ...reasons] : [])];
}

export const devices: Command = {
  name: 'devices',
  summary: 'List what can train here, with the self-test of each device.',
  usage: '[--json]',
  about:
    'A device other than the CPU trains only after its operators agreed with the CPU; verdicts are kept.',
  example: 'adapter-workbench devices',
  options: { json: jsonOption },
  positionals: [0, 0],
  run: async (args, io) => {
    const { listDevices } = await import('../pipelines/devices.ts');
    const json = args.flag('json');
    const reports = await listDevices({
      onTest: (provider) => {
        if (!json) io.err(`Testing ${provider} against the CPU, operator by operator ...\n`);
      },
    });
    io.out(
      json
        ? `${JSON.stringify({ event: 'devices', devices: reports })}\n`
        : `${deviceLines(reports, io.columns).join('\n')}\n`,
    );
    return exitCodes.done;
  },
};
