#include "tests/fleet_simulation/real_server.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/command/commands.hpp"
#include "reconciler/options/command_line.hpp"

namespace ingot::fleet_simulation {

namespace {

namespace fs = std::filesystem;

/// Nobody sits before it.
struct SilentTerminal final : io::Terminal {
  std::string said;
  bool output_is_terminal() override { return false; }
  bool error_is_terminal() override { return false; }
  bool can_ask() override { return false; }
  int width() override { return 100; }
  void out(std::string_view text) override { said += text; }
  using io::Terminal::error;
  void error(std::string_view text, io::Priority) override { said += text; }
  std::optional<std::string> ask(const std::string&) override { return std::nullopt; }
};

class SimulatedConnection final : public io::PeerTransport {
 public:
  SimulatedConnection(std::vector<std::string> urls, const Internet& internet) : urls_(std::move(urls)), internet_(internet) {}

  io::Response get(const io::Request& request, const io::ByteSink& sink, const std::function<void()>&) override {
    io::Response response;
    for (const std::string& url : urls_) {
      response.url = url;
      const auto answered = internet_(url, request.path);
      if (!answered) {
        response.why = url + ": nothing answers";
        continue;
      }
      if (!answered->found) {
        response.status = io::Response::Status::not_found;
        response.why = url + request.path + ": 404";
        return response;
      }
      give(*answered, request, sink, response);
      return response;
    }
    return response;
  }

 private:
  static void give(const Answered& answered, const io::Request& request, const io::ByteSink& sink, io::Response& response) {
    std::string_view body = answered.bytes;
    if (request.offset)
      body = body.substr(std::min<std::size_t>(*request.offset, body.size()), request.length.value_or(body.size()));
    if (body.size() > request.at_most) {
      response.status = io::Response::Status::oversize;
      response.why = "it is too long";
      return;
    }
    if (!body.empty() && !sink(body)) return;
    response.status = io::Response::Status::ok;
    response.bytes = body.size();
    response.length_known = true;
  }

  std::vector<std::string> urls_;
  const Internet& internet_;
};

class SimulatedTransport final : public io::Transport {
 public:
  explicit SimulatedTransport(const Internet& internet) : internet_(internet) {}
  std::unique_ptr<io::PeerTransport> peer(const io::PeerAccess& access) override {
    return std::make_unique<SimulatedConnection>(access.urls, internet_);
  }

 private:
  const Internet& internet_;
};

int run_words(const std::vector<std::string>& words, const std::function<int(const options::Arguments&)>& run,
              std::string& said) {
  try {
    return run(options::CommandLine(words).arguments());
  } catch (const Error& error) {
    said += error.what();
    return -1;
  }
}

}  // namespace

MinuteOfWeek SimulatedClock::local_minute(Time time) {
  return static_cast<MinuteOfWeek>(
      std::chrono::duration_cast<std::chrono::minutes>(time - std::chrono::floor<std::chrono::days>(time)).count());
}

RealServer::RealServer(const std::string& folder, const std::string& name, SimulatedClock& clock, io::Files& files,
                       Internet internet)
    : folder_(folder + "/" + name), name_(name), clock_(clock), files_(files), internet_(std::move(internet)) {
  fs::create_directories(folder_);
  run({"init", "--server", name, "--url", "https://" + name + ".example.net/", folder_});
}

void RealServer::run(std::vector<std::string> words, const std::vector<int>& expected) {
  if (words.front() != "init") words.insert(words.end(), {"-f", folder_});
  SilentTerminal terminal;
  const int exit = run_words(
      words,
      [&](const options::Arguments& arguments) {
        const console::Session session{
            .flags = arguments.everywhere, .terminal = terminal, .files = files_, .clock = clock_, .connect = [this] {
              return std::make_unique<SimulatedTransport>(internet_);
            }};
        if (const auto* init = std::get_if<options::InitArguments>(&arguments.command))
          return command::run_command(*init, session);
        return command::run_command(std::get<options::ReconcileArguments>(arguments.command), session);
      },
      terminal.said);
  if (std::find(expected.begin(), expected.end(), exit) == expected.end())
    throw std::runtime_error(fmt::format("{}: \"ingot {}\" ended with {}: {}", name_, words.front(), exit, terminal.said));
}

void RealServer::write_manifest(const std::string& entries) const {
  write_file(folder_ + "/ingot.toml", fmt::format("manifest = 1\n[server]\nname = \"{}\"\nurl = \"https://{}.example.net/\"\n"
                                                  "page = false\n{}",
                                                  name_, name_, entries));
}

std::optional<std::string> file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::uint64_t bytes_below(const std::string& folder) {
  std::uint64_t bytes = 0;
  if (!fs::exists(folder)) return bytes;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) bytes += entry.is_regular_file() ? entry.file_size() : 0;
  return bytes;
}

std::string image_entry(const std::string& name, std::uint32_t number, const std::string& source, bool is_private,
                        bool is_withdrawn) {
  return fmt::format(
      "[[image]]\nname = \"{}\"\nversion = \"1.{}\"\nplatform = \"linux-x86_64\"\nlabels = {{ team = \"os\", tier = \"gold\" "
      "}}\n{}{}{}",
      name, number, source.empty() ? "" : fmt::format("source = \"{}\"\n", source), is_private ? "private = true\n" : "",
      is_withdrawn ? "state = \"WITHDRAWN\"\nreason = \"replaced\"\n" : "");
}

std::string series_entry(const std::string& series, const std::vector<std::string>& images) {
  if (images.empty()) return "";
  return fmt::format("[[series]]\nname = \"{}\"\nimages = [\"{}\"]\n", series, fmt::join(images, "\", \""));
}

std::string peer_entries(const std::string& peer, const std::string& card, const std::vector<std::string>& urls,
                         const std::vector<std::string>& series) {
  std::string text =
      fmt::format("[[peer]]\nname = \"{}\"\ncard = \"{}\"\nurls = [\"{}\"]\n", peer, card, fmt::join(urls, "\", \""));
  for (const std::string& one : series)
    text += fmt::format("[[subscription]]\npeer = \"{}\"\nseries = \"{}\"\nsince = \"start\"\n", peer, one);
  return text;
}

}  // namespace ingot::fleet_simulation
