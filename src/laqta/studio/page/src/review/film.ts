/** The clip as it plays: which frame is shown, and going to any frame exactly. */

import { signal } from "@preact/signals";

class Film {
  readonly playing = signal(false);
  readonly frame = signal(0);
  /** When each frame begins, in seconds, and at last when the film ends. */
  private starts: number[] = [0, 1];
  private video: HTMLVideoElement | null = null;

  get frames(): number {
    return this.starts.length - 1;
  }

  /** Another clip. */
  load(starts: number[]): void {
    this.starts = starts;
    this.frame.value = 0;
    this.playing.value = false;
  }

  /** The video element came, or, with null, went. */
  hold(video: HTMLVideoElement | null): void {
    this.video = video;
    video?.requestVideoFrameCallback?.(this.onFrame);
  }

  toggle(): void {
    if (this.playing.value) this.video?.pause();
    // A browser may refuse to play before the person has touched the page; the button then simply stays.
    else this.video?.play().catch(() => {});
  }

  pause(): void {
    this.video?.pause();
  }

  /** Stop on a frame: in its middle, where rounding shows no other. */
  go(frame: number): void {
    const to = Math.max(0, Math.min(this.frames - 1, frame));
    this.video?.pause();
    this.frame.value = to;
    if (this.video) this.video.currentTime = (this.starts[to]! + this.starts[to + 1]!) / 2;
  }

  /** What the video's events call. */
  readonly events = {
    onPlay: () => (this.playing.value = true),
    onPause: () => (this.playing.value = false),
    onTimeUpdate: () => this.playing.value && this.read(this.video?.currentTime ?? 0),
  };

  private readonly onFrame = (_now: number, shown: VideoFrameCallbackMetadata) => {
    if (this.playing.value) this.read(shown.mediaTime);
    this.video?.requestVideoFrameCallback(this.onFrame);
  };

  private read(time: number): void {
    const after = this.starts.findIndex((start) => start > time + 1e-4);
    this.frame.value = Math.max(0, (after < 0 ? this.starts.length : after) - 1) % this.frames;
  }
}

export const film = new Film();
