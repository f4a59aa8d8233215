#include "tests/support/tcp_relay.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <deque>
#include <future>
#include <limits>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/postgres_cluster.h"
#include "tests/support/temp_dir.h"

namespace sluice::support {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Direction = TcpRelay::Direction;

namespace {

constexpr auto kQuietly = [](auto& error) { return asio::redirect_error(asio::use_awaitable, error); };

constexpr auto kWithoutEnd = std::numeric_limits<std::int64_t>::max();

/// Bytes on their way, with the time at which they may arrive.
struct Parcel {
  Clock::time_point due;
  std::string bytes;
};

/// One direction of one connection.
struct Lane {
  Lane(stream_protocol::socket& from_socket, stream_protocol::socket& to_socket, Direction towards)
      : from(from_socket), to(to_socket), direction(towards), arrival(from_socket.get_executor()) {}

  stream_protocol::socket& from;
  stream_protocol::socket& to;
  Direction direction;
  std::deque<Parcel> parcels;
  asio::steady_timer arrival;
  bool ended = false;
};

/// A client's connection with its twin to the server.
struct Link {
  Link(stream_protocol::socket client_socket, stream_protocol::socket server_socket)
      : client(std::move(client_socket)), server(std::move(server_socket)) {}

  void close() {
    error_code ignored;
    client.close(ignored);
    server.close(ignored);
    up.arrival.cancel();
    down.arrival.cancel();
  }

  stream_protocol::socket client;
  stream_protocol::socket server;
  Lane up{client, server, Direction::to_server};
  Lane down{server, client, Direction::to_client};
  std::optional<Direction> last_spoke;
  std::int64_t carried = 0;
};

}  // namespace

struct TcpRelay::Impl {
  Impl(std::filesystem::path server, Listen listen) : server_socket(std::move(server)), acceptor(context) {
    if (listen == Listen::unix_socket) {
      host = dir.path();
      open(asio::local::stream_protocol::endpoint((dir / ".s.PGSQL.5432").string()));
    } else {
      host = "127.0.0.1";
      open(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      port = ntohs(reinterpret_cast<const sockaddr_in*>(acceptor.local_endpoint().data())->sin_port);
    }
    asio::co_spawn(context, accept(), asio::detached);
    thread = std::thread([this] { context.run(); });
  }

  ~Impl() {
    context.stop();
    thread.join();
    for (const int socket : abandoned) ::close(socket);
  }

  template <typename Endpoint>
  void open(const Endpoint& endpoint) {
    const stream_protocol::endpoint generic(endpoint);
    acceptor.open(generic.protocol());
    acceptor.bind(generic);
    acceptor.listen();
  }

  /// Runs on the relay's thread and waits for it.
  template <typename Function>
  void on_thread(Function function) {
    asio::post(context, std::packaged_task<void()>(std::move(function))).get();
  }

  asio::awaitable<void> accept() {
    for (;;) {
      error_code error;
      stream_protocol::socket client(context);
      co_await acceptor.async_accept(client, kQuietly(error));
      if (error || rejecting) {
        continue;
      }
      stream_protocol::socket server(context);
      const asio::local::stream_protocol::endpoint target(server_socket.string());
      co_await server.async_connect(stream_protocol::endpoint(target), kQuietly(error));
      if (error) {
        continue;
      }
      ++connections;
      const auto link = std::make_shared<Link>(std::move(client), std::move(server));
      links.insert(link);
      for (Lane* lane : {&link->up, &link->down}) {
        asio::co_spawn(context, receive(link, *lane), asio::detached);
        asio::co_spawn(context, deliver(link, *lane), asio::detached);
      }
    }
  }

  asio::awaitable<void> receive(std::shared_ptr<Link> link, Lane& lane) {
    std::array<char, 16384> buffer{};
    error_code error;
    while (!error) {
      const std::size_t size = co_await lane.from.async_read_some(asio::buffer(buffer), kQuietly(error));
      if (size > 0) {
        if (lane.direction == Direction::to_server && link->last_spoke != Direction::to_server) {
          ++round_trips;
        }
        link->last_spoke = lane.direction;
        lane.parcels.push_back({Clock::now() + one_way, std::string(buffer.data(), size)});
        lane.arrival.cancel();
      }
    }
    lane.ended = true;
    lane.arrival.cancel();
  }

  asio::awaitable<void> deliver(std::shared_ptr<Link> link, Lane& lane) {
    error_code error;
    while (!error) {
      if (lane.parcels.empty()) {
        if (lane.ended) {
          break;
        }
        co_await nap(lane, Clock::now() + std::chrono::hours(1));
      } else if (stalled || lane.parcels.front().due > Clock::now()) {
        co_await nap(lane, stalled ? Clock::now() + std::chrono::milliseconds(5) : lane.parcels.front().due);
      } else {
        const std::string bytes = std::move(lane.parcels.front().bytes);
        lane.parcels.pop_front();
        co_await pass_on(*link, lane, bytes, error);
      }
      error = lane.to.is_open() ? error : error_code(asio::error::eof);
    }
    link->close();
    links.erase(link);
  }

  asio::awaitable<void> nap(Lane& lane, Clock::time_point until) {
    error_code woken;
    lane.arrival.expires_at(until);
    co_await lane.arrival.async_wait(kQuietly(woken));
  }

  asio::awaitable<void> pass_on(Link& link, Lane& lane, const std::string& bytes, error_code& error) {
    if (lane.direction == Direction::to_client && last_words &&
        bytes.find(*last_words) != std::string::npos) {
      last_words.reset();
      cut();
      co_return;
    }
    std::optional<std::int64_t>& allowance = allowances[index(lane.direction)];
    const auto whole = static_cast<std::int64_t>(bytes.size());
    const std::int64_t left = std::min(allowance.value_or(kWithoutEnd), left_of(link));
    const std::int64_t size = std::min(whole, left);
    // Counted first: whoever has received the bytes may set the counts to zero at once.
    counts[index(lane.direction)] += size;
    link.carried += size;
    if (allowance) *allowance -= size;
    co_await asio::async_write(lane.to, asio::buffer(bytes.data(), static_cast<std::size_t>(size)),
                               kQuietly(error));
    if (left > whole) co_return;
    if (allowance == 0) {
      allowance.reset();
      cut();
    } else if (link.client.is_open()) {
      ++worn_out;
      link.close();
    }
  }

  std::int64_t left_of(const Link& link) const {
    return lifetime ? std::max<std::int64_t>(*lifetime - link.carried, 0) : kWithoutEnd;
  }

  void cut() {
    for (const auto& link : links) {
      link->close();
    }
  }

  /// A second number for its socket keeps a connection open where the first is closed.
  void abandon() {
    for (const auto& link : links) {
      if (link->server.is_open()) abandoned.emplace_back(::dup(link->server.native_handle()));
    }
    cut();
  }

  static std::size_t index(Direction direction) { return direction == Direction::to_server ? 0 : 1; }

  TempDir dir;
  std::filesystem::path server_socket;
  std::string host;
  int port = 5432;
  asio::io_context context{1};
  asio::basic_socket_acceptor<stream_protocol> acceptor;
  std::set<std::shared_ptr<Link>> links;
  std::vector<int> abandoned;
  bool rejecting = false;
  bool stalled = false;
  std::chrono::milliseconds one_way{0};
  std::array<std::optional<std::int64_t>, 2> allowances;
  std::optional<std::int64_t> lifetime;
  std::optional<std::string> last_words;
  std::array<std::atomic<std::int64_t>, 2> counts{};
  std::atomic<std::int64_t> connections = 0;
  std::atomic<std::int64_t> round_trips = 0;
  std::atomic<std::int64_t> worn_out = 0;
  std::thread thread;
};

TcpRelay::TcpRelay(std::filesystem::path server_socket, Listen listen)
    : impl_(std::make_unique<Impl>(std::move(server_socket), listen)) {
}

TcpRelay::~TcpRelay() = default;

const std::string& TcpRelay::host() const {
  return impl_->host;
}

int TcpRelay::port() const {
  return impl_->port;
}

std::string TcpRelay::url(const std::string& database, const std::string& user) const {
  return postgres_url(host(), port(), database, user);
}

void TcpRelay::delay(std::chrono::milliseconds one_way) {
  impl_->on_thread([this, one_way] { impl_->one_way = one_way; });
}

void TcpRelay::stall(bool on) {
  impl_->on_thread([this, on] { impl_->stalled = on; });
}

void TcpRelay::reject(bool on) {
  impl_->on_thread([this, on] { impl_->rejecting = on; });
}

void TcpRelay::cut() {
  impl_->on_thread([this] { impl_->cut(); });
}

void TcpRelay::abandon() {
  impl_->on_thread([this] { impl_->abandon(); });
}

void TcpRelay::cut_after(Direction direction, std::int64_t bytes) {
  impl_->on_thread([this, direction, bytes] { impl_->allowances[Impl::index(direction)] = bytes; });
}

void TcpRelay::cut_at_answer(std::string words) {
  impl_->on_thread([this, &words] { impl_->last_words = std::move(words); });
}

void TcpRelay::carry_at_most(std::optional<std::int64_t> bytes) {
  impl_->on_thread([this, bytes] { impl_->lifetime = bytes; });
}

std::int64_t TcpRelay::bytes(Direction direction) const {
  return impl_->counts[Impl::index(direction)];
}

std::int64_t TcpRelay::connections() const {
  return impl_->connections;
}

std::int64_t TcpRelay::round_trips() const {
  return impl_->round_trips;
}

std::int64_t TcpRelay::worn_out() const {
  return impl_->worn_out;
}

void TcpRelay::reset_counts() {
  impl_->on_thread([this] {
    impl_->counts[0] = 0;
    impl_->counts[1] = 0;
    impl_->connections = 0;
    impl_->round_trips = 0;
  });
}

}  // namespace sluice::support
