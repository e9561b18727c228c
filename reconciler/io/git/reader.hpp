// The process that reads one git repository: libgit2 parses what a stranger may have written, and a bad object may crash it or
// take any amount of memory. So a child with limits does it; the parent asks, and only that repository is lost if the child dies.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <sys/types.h>

#include "reconciler/io/git/message.hpp"

struct git_repository;

namespace ingot::io {

/// What the child holds between two questions.
struct OpenRepository {
  std::shared_ptr<git_repository> handle;
  std::string folder;   ///< the work tree, or the repository itself if it is bare; no "/" at its end
  std::string fetched;  ///< the address that it was fetched from; "": it is the user's own
};

struct GitLimits {
  std::uint64_t memory = 512 * 1024 * 1024;                     ///< bytes, beyond what this process has now
  std::chrono::seconds processor = std::chrono::minutes(5);     ///< for all questions
  std::chrono::milliseconds answer = std::chrono::minutes(10);  ///< for one question
};

class GitReader {
 public:
  /// Starts the child. `name`: of the repository, for messages. Error{local}: there can be no process.
  explicit GitReader(std::string name, GitLimits limits = {});
  ~GitReader();
  GitReader(const GitReader&) = delete;
  GitReader& operator=(const GitReader&) = delete;

  /// What the function `work(OpenRepository&, arguments…)` returns in the child; an Error that it throws is thrown here.
  /// Error{manifest} "bad-repository": the child died, or passed a limit; then every later question ends so.
  template <auto work, class... Arguments>
  auto ask(const Arguments&... arguments) {
    return Question<work>::ask(*this, arguments...);
  }

 private:
  using Serve = std::string (*)(OpenRepository& repository, std::string_view arguments);

  template <auto work>
  struct Question;
  template <class Result, class... Taken, Result (*work)(OpenRepository&, Taken...)>
  struct Question<work> {
    static std::string serve(OpenRepository& repository, std::string_view arguments) {
      MessageReader reader(arguments);
      const std::tuple<std::decay_t<Taken>...> taken{reader.take<std::decay_t<Taken>>()...};
      MessageWriter writer;
      writer.put(std::apply([&](const auto&... each) { return work(repository, each...); }, taken));
      return std::move(writer).bytes();
    }
    static Result ask(GitReader& reader, const std::decay_t<Taken>&... arguments) {
      MessageWriter writer;
      (writer.put(arguments), ...);
      const std::string answer = reader.exchange(&serve, std::move(writer).bytes());
      try {
        return MessageReader(answer).take<Result>();
      } catch (const MalformedMessage&) { reader.give_up("its answer makes no sense"); }
    }
  };

  [[noreturn]] static void serve(int socket, const GitLimits& limits);
  /// The child has the same program at the same addresses, so a function is named by its own.
  std::string exchange(Serve work, const std::string& arguments);
  void send(std::string_view bytes);
  std::string receive(std::size_t length);
  std::string why_it_ended();
  bool has_ended() const;
  [[noreturn]] void lose(int error);
  [[noreturn]] void throw_lost(const std::string& why);
  [[noreturn]] void give_up(const std::string& why);

  std::string name_;
  GitLimits limits_;
  pid_t pid_ = -1;
  int socket_ = -1;
  std::string gone_;             ///< why there is no child any more; "": there is one
  bool short_of_files_ = false;  ///< it ended since it may open no more files
  bool lost_its_line_ = false;   ///< it ended since its socket failed
};

}  // namespace ingot::io
