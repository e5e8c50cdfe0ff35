/**
 * How many turns a worker holds at once, so that the partitions are spread evenly: BullMQ gives a job to whoever asks
 * first, and of two workers one would hold 3 to 13 of 16. One more than its even share, so that a place is free of
 * those that only wait for mail. Those that are awake just now are no measure: where few places are left turns do not
 * wait for mail, so few are awake, and fewer and fewer places would be left.
 *
 * @param partitions of all entities.
 * @param workers that live, this one among them.
 * @param most whatever the others do.
 */
export function turnPlaces(partitions: number, workers: number, most: number): number {
  if (workers <= 1) return most;
  return Math.min(most, Math.ceil(partitions / workers) + 1);
}
