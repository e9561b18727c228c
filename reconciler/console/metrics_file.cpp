#include "reconciler/console/metrics_file.hpp"

#include <filesystem>

#include "reconciler/console/manifest_path.hpp"
#include "reconciler/console/output_place.hpp"
#include "reconciler/show/run/show_metrics.hpp"
#include "schema/exit_code.hpp"

namespace ingot::console {

namespace {

constexpr std::string_view metrics_begin = "# HELP ingot_";

void require_place_for_metrics(const std::string& file, io::Files& files) {
  refuse_standard_output("--metrics", file, "give a file in the folder that node_exporter reads");
  require_place(files, "--metrics", file, metrics_begin, "a file of metrics that ingot wrote");
}

constexpr std::uint64_t largest_metrics = 16 * 1024 * 1024;

/// What cannot be read says nothing: this run's figures are whole without it.
std::string text_before(const std::string& file, io::Files& files) {
  try {
    return io::read_file_if_there(files, file, largest_metrics).value_or("");
  } catch (const Error&) { return ""; }  // as if there were none
}

void write(const std::string& file, const show::RunMetrics& run, const Session& session) {
  try {
    require_place_for_metrics(file, session.files);  // a run is long enough to put something else there
    io::replace_readable_file(session.files, file, show::show_metrics(run, text_before(file, session.files)));
  } catch (const Error& error) { session.warn(fmt::format("the metrics of this run were not written: {}", error.what())); }
}

}  // namespace

int measured(const std::optional<std::string>& file, const std::string& command, const Session& session,
             const std::function<int(show::RunMetrics&)>& work) {
  std::error_code ignored;  // without a working directory the path stays as it is
  show::RunMetrics run{.command = command, .manifest = std::filesystem::absolute(manifest_path(session.flags), ignored).string()};
  if (!file) return work(run);
  require_place_for_metrics(*file, session.files);
  const auto begin = session.clock.steady();
  const auto end = [&](int exit) {
    run.ended = session.clock.now();
    run.duration = std::chrono::duration_cast<std::chrono::milliseconds>(session.clock.steady() - begin);
    run.exit_code = exit;
    write(*file, run, session);
    return exit;
  };
  try {
    return end(work(run));
  } catch (const Error& error) {
    end(exit_code_of(error.fault()));
    throw;
  } catch (...) {
    end(exit_internal);
    throw;
  }
}

}  // namespace ingot::console
