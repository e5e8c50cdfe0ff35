import { cpus, loadavg, totalmem } from 'node:os';

/** What a figure cannot be read without. */
export function machineLine(): string {
  const [first] = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `node ${process.version}, ${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memory}, load ${load.join(' ')}`;
}
