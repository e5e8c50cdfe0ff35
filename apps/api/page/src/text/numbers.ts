const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const BYTES_PER_UNIT = 1_024;

/** `12,345` */
export function countText(count: number): string {
  return grouped.format(count);
}

/** `1.4 KiB` */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / Math.log2(BYTES_PER_UNIT));
  const index = Math.min(power, BYTE_UNITS.length - 1);
  const amount = bytes / BYTES_PER_UNIT ** index;
  return `${index === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${BYTE_UNITS[index]}`;
}

/** `1 event`, `2 events` */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
