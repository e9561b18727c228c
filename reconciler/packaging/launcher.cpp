// The program "ingot" of the portable archive: starts lib/ingot with the loader and the libraries beside it. It is linked
// statically and needs no shell, because the system may have neither libraries nor programs. It sets no LD_LIBRARY_PATH: programs
// that ingot runs (ssh, notifications) would inherit it and load libraries of another system. The variable of the environment has
// no effect on ingot.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <sys/auxv.h>
#include <unistd.h>

#include "schema/exit_code.hpp"

namespace {

int fail(const std::string& what, const std::string& hint) {
  std::fprintf(stderr, "ingot: error: cannot start: %s\n  %s\n", what.c_str(), hint.c_str());
  return ingot::exit_local;
}

/// Without links: /usr/local/bin/ingot may be a link to it. Where /proc is not mounted, the kernel still says what it was asked
/// to run.
std::string own_folder() {
  const auto real_path = [](const char* path) {
    const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path, nullptr), &std::free);
    return std::string(found ? found.get() : "");
  };
  std::string path = real_path("/proc/self/exe");
  if (path.empty()) path = real_path(reinterpret_cast<const char*>(::getauxval(AT_EXECFN)));
  return path.substr(0, path.rfind('/') + 1);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string own = own_folder(), libraries = own + "lib";
  if (own.empty()) return fail("its own folder is unknown", "start it by its absolute path, or mount /proc");
  // The loader cannot be given such a folder: it reads them as the end of a folder, or as a variable.
  if (libraries.find_first_of(":;$") != std::string::npos)
    return fail("the path of its folder has a \":\", \";\" or \"$\": " + libraries, "move the folder");
  // ps, top and pgrep call a process what its file is called, so the loader is called ingot.
  std::string loader = libraries + "/loader/ingot", option = "--library-path", folder = libraries, program = libraries + "/ingot";
  std::string name = count > 0 ? arguments[0] : "ingot";
  std::vector<char*> words{name.data(), option.data(), folder.data(), program.data()};
  for (int i = 1; i < count; ++i) words.push_back(arguments[i]);
  words.push_back(nullptr);
  ::execv(loader.c_str(), words.data());
  return fail(loader + ": " + std::strerror(errno), "unpack the whole archive again, and keep its files together");
}
