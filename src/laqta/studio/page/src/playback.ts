/** Plays one or two takes in step: the first leads, the other follows. */

import { signal } from "@preact/signals";

const DRIFT = 0.04; // Further apart than this, in seconds, two takes no longer look simultaneous.

export class Playback {
  readonly playing = signal(false);
  readonly time = signal(0);
  readonly duration = signal(0);
  private readonly videos: (HTMLVideoElement | null)[] = [];

  /** A video element came (or, with null, went) at a place. */
  hold(at: number, video: HTMLVideoElement | null): void {
    this.videos[at] = video;
    if (video && at === 0) video.requestVideoFrameCallback?.(() => this.onFrame(video));
  }

  toggle(): void {
    if (this.playing.value) for (const video of this.videos) video?.pause();
    else this.play();
  }

  play(): void {
    // A browser may refuse to play before the person has touched the page; the button then simply stays.
    for (const video of this.videos) video?.play().catch(() => {});
  }

  seek(time: number): void {
    this.time.value = time;
    for (const video of this.videos) if (video) video.currentTime = Math.min(time, video.duration || 0);
  }

  /** What the leading video's events call. */
  readonly events = {
    onPlay: () => (this.playing.value = true),
    onPause: () => (this.playing.value = false),
    onTimeUpdate: (event: Event) => this.read(event.currentTarget as HTMLVideoElement),
    onDurationChange: (event: Event) => (this.duration.value = (event.currentTarget as HTMLVideoElement).duration || 0),
  };

  private onFrame(video: HTMLVideoElement): void {
    if (this.videos[0] !== video) return;
    this.read(video);
    video.requestVideoFrameCallback(() => this.onFrame(video));
  }

  private read(lead: HTMLVideoElement): void {
    this.time.value = lead.currentTime;
    for (const video of this.videos.slice(1)) {
      const wanted = Math.min(lead.currentTime, video?.duration || 0);
      if (video && Math.abs(video.currentTime - wanted) > DRIFT) video.currentTime = wanted;
    }
  }
}
