#include "reconciler/io/git/ssh_signature.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <sstream>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/io/program.hpp"

namespace ingot::io {

namespace {

constexpr std::string_view ssh_begin = "-----BEGIN SSH SIGNATURE-----";

/// As ssh-keygen wants it, in UTC.
std::string verify_time(Time when) {
  const std::time_t seconds = when.time_since_epoch().count();
  std::tm parts{};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &parts);
  std::strftime(text.data(), text.size(), "%Y%m%d%H%M%SZ", &parts);
  return fmt::format("-Overify-time={}", text.data());
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::variant<GoodSignature, BadSignature> check_ssh_signature(const SignedBytes& what, const std::string& allowed_signers) {
  if (!what.signature.starts_with(ssh_begin)) return BadSignature{"its signature is not one of ssh: only those are checked"};
  const std::string time = verify_time(what.when);
  const ProgramEnd found =
      run_program({.words = {"ssh-keygen", "-Y", "find-principals", "-f", allowed_signers, "-s", "/dev/fd/3", time},
                   .input = "",
                   .attached = what.signature});
  std::string why;
  std::istringstream signers(found.exit == 0 ? found.out : "");
  for (std::string signer; std::getline(signers, signer);) {
    signer.resize(std::min(signer.size(), signer.find(',')));  // one line of the file may name several
    const ProgramEnd verified = run_program(
        {.words = {"ssh-keygen", "-Y", "verify", "-f", allowed_signers, "-I", signer, "-n", "git", "-s", "/dev/fd/3", time},
         .input = what.bytes,
         .attached = what.signature});
    if (verified.exit == 0) return GoodSignature{signer};
    why = fmt::format("its signature is not good for \"{}\": {}", printable(signer),
                      printable(first_line(verified.err.empty() ? verified.out : verified.err)));
  }
  if (!why.empty()) return BadSignature{why};
  const std::string words = printable(first_line(found.err));
  return BadSignature{fmt::format("\"{}\" does not name the key that signed it{}", printable(allowed_signers),
                                  words.empty() ? "" : " (" + words + ")")};
}

}  // namespace ingot::io
