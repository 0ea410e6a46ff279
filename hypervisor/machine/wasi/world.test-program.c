// What a program that knows nothing of this host does by its libc: arguments, memory, time, files, folders, input.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000LL + at.tv_nsec / 1000000;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static void list(const char *path) {
  struct dirent **names;
  int count = scandir(path, &names, NULL, by_name);
  printf("%s has %d:", path, count);
  for (int i = 0; i < count; i++) printf(" %s", names[i]->d_name);
  printf("\n");
}

int main(int count, char **arguments) {
  printf("%s %s %s, HOME %s, PATH %s\n", arguments[0], arguments[1], arguments[count - 1], getenv("HOME"),
         getenv("PATH") ? "set" : "not set");
  char *volatile large = malloc(32 << 20), *volatile larger = malloc(4000u << 20);
  printf("32 MiB: %s; 4000 MiB: %s\n", large ? "yes" : "no", larger ? "yes" : "no");
  if (large) memset((void *)large, 1, 32 << 20);
  long long before = now();
  usleep(50000);
  printf("slept: %s, a terminal: %d\n", now() - before >= 50 ? "long enough" : "too short", isatty(0));

  FILE *file = fopen("/made", "w+");
  if (!file) return 1;
  fprintf(file, "0123456789");
  fseek(file, 3, SEEK_SET);
  char piece[4] = {0};
  if (fread(piece, 1, 3, file) != 3) return 2;
  fclose(file);
  printf("from 3: %s\n", piece);
  file = fopen("/made", "a");
  fprintf(file, " more");
  fclose(file);
  struct stat stats;
  stat("/made", &stats);
  printf("size %lld, a file: %d\n", (long long)stats.st_size, S_ISREG(stats.st_mode));
  mkdir("/sub", 0777);
  printf("rename: %d\n", rename("/made", "/sub/moved"));
  for (int i = 0; i < 200; i++) {
    char name[32];
    snprintf(name, sizeof name, "/sub/%03d-%010d", i, i);
    fclose(fopen(name, "w"));
  }
  DIR *folder = opendir("/sub");
  int entries = 0;
  while (readdir(folder)) entries++;
  rewinddir(folder);
  while (readdir(folder)) entries++;
  closedir(folder);
  printf("names, read twice: %d\n", entries);
  for (int i = 0; i < 200; i++) {
    char name[32];
    snprintf(name, sizeof name, "/sub/%03d-%010d", i, i);
    unlink(name);
  }
  list("/");
  list("/sub");
  printf("outside: %s\n", fopen("/../secret", "r") ? "open" : strerror(errno));
  printf("nothing there: %s\n", fopen("/none", "r") ? "open" : strerror(errno));
  char line[64];
  while (fgets(line, sizeof line, stdin)) printf("read: %s", line);
  return 7;
}
