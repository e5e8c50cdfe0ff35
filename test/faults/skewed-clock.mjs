/** Preloaded by fault test F12: the clock of this process is wrong by MILLRACE_TEST_CLOCK_SKEW_MS. */
const skewMs = Number(process.env.MILLRACE_TEST_CLOCK_SKEW_MS);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + skewMs);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + skewMs;
  }
};
