// Prints the man page in scdoc's format; only a build runs it.
#include <cstdio>

#include "reconciler/options/help.hpp"

int main() {
  const std::string page = ingot::options::man_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0 ? 0 : 1;
}
